import type { CreateJob, RunTemplate, Template, TemplateOptions } from '@turnout/contract'
import { refuse } from '../../core/input.ts'
import { parseColor } from '../../core/template/color.ts'
import { checkCharacters } from '../../core/template/layout/characters.ts'
import { imagesOf, textsOf } from '../../core/template/layout/index.ts'
import { type RenderedTemplate, renderTemplate } from '../../core/template/render.ts'
import type { ResolvedComposition, ResolvedLayer, ResolvedStackedLayer } from '../../core/template/resolve.ts'
import type { Caller } from '../types.ts'
import { requirePicture } from './compose/canvas.ts'
import { composePicture, planLayout } from './compose/index.ts'
import { loadTypefaces } from './fonts/index.ts'
import type { LayerPictures, TemplateMaker, Templates } from './types.ts'

/** Of a picture whose request says nothing. */
const USUAL_SIDE = 1024

interface Prepared {
  rendered: RenderedTemplate
  warnings: string[]
}

const sizeOf = ({ width, height }: TemplateOptions) => ({
  width: width ?? height ?? USUAL_SIDE,
  height: height ?? width ?? USUAL_SIDE,
})

/** @throws TurnoutError invalid_input with all that is wrong */
async function prepare(template: Template, variables: Readonly<Record<string, unknown>>): Promise<Prepared> {
  const { rendered, problems } = renderTemplate(template, variables)
  if (problems.length > 0) throw refuse(problems)
  const { composition } = rendered
  if (composition === null) return { rendered, warnings: [] }
  const found = checkCharacters(composition, await loadTypefaces(textsOf(composition.layers)))
  if (found.problems.length > 0) throw refuse(found.problems)
  return { rendered, warnings: found.warnings }
}

/** The composition with other sources of pictures. */
function withSources(composition: ResolvedComposition, sources: ReadonlyMap<string, string>): ResolvedComposition {
  const changed = <L extends ResolvedLayer | ResolvedStackedLayer>(layer: L): L => {
    if (layer.type === 'stack') return { ...layer, layers: layer.layers.map(changed) }
    return layer.type === 'image' ? { ...layer, source: sources.get(layer.path) ?? layer.source } : layer
  }
  return { ...composition, layers: composition.layers.map(changed) }
}

/** The job of a template, as a client would ask for it. */
function bodyOf(template: Template, { inputs, prompt, model }: RenderedTemplate, run: RunTemplate): CreateJob {
  const { variables: _, version: __, model: wanted, options, dryRun: ___, ...rest } = run
  const { productType } = template.target
  return {
    ...rest,
    model: wanted ?? model,
    inputs: { ...inputs, prompt },
    options: { ...template.options, ...options },
    enhance: run.enhance ?? template.enhance,
    ...(productType !== undefined && { productType }),
  }
}

interface RunServices {
  read: Templates['read']
  maker: TemplateMaker
  pictures: LayerPictures
}

/** What can be done with a template: to look at what it becomes, to draw it, to have pictures made. */
export function createTemplateRuns(services: RunServices): Pick<Templates, 'render' | 'run' | 'preview'> {
  const { maker, pictures } = services

  /** Has every picture before anything is paid, so that a logo which is gone costs nothing. */
  const secure = async (composition: ResolvedComposition, caller: Caller): Promise<ResolvedComposition> => {
    const read = pictures.readAs(caller.principal)
    const sources = await Promise.all(
      imagesOf(composition.layers).map(async ({ path, source }): Promise<[string, string]> => {
        const param = `composition.${path}.source`
        const bytes = await read(source, param, caller.signal)
        await requirePicture(bytes, param)
        return [path, (await pictures.keep?.(bytes, caller)) ?? source]
      }),
    )
    return withSources(composition, new Map(sources))
  }

  return {
    async render(id, run) {
      const template = await services.read(id, run.version)
      const { rendered, warnings } = await prepare(template, run.variables)
      const body = bodyOf(template, rendered, run)
      const plan = rendered.composition && (await planLayout(rendered.composition, sizeOf(body.options)))
      const { prompt, ...inputs } = body.inputs
      return {
        template: id,
        version: template.version,
        dryRun: true,
        model: body.model,
        prompt: prompt as string,
        inputs,
        options: body.options,
        enhance: body.enhance === true,
        layout: plan?.layout ?? null,
        warnings: [...warnings, ...(plan?.warnings ?? [])],
      }
    },
    async run(id, run, idempotencyKey, caller, baseUrl) {
      const { wait, ...asked } = run
      const sent = { template: id, ...asked }
      const made = await maker.made({ sent, idempotencyKey }, wait, caller, baseUrl)
      if (made) return made
      const template = await services.read(id, run.version)
      const { rendered, warnings } = await prepare(template, run.variables)
      const order = {
        template: { id, version: template.version },
        body: bodyOf(template, rendered, run),
        composition: rendered.composition && (await secure(rendered.composition, caller)),
        warnings,
        sent,
        idempotencyKey,
      }
      return maker.make(order, caller, baseUrl)
    },
    async preview(id, { variables, version, picture, background }, { principal, signal }) {
      const template = await services.read(id, version)
      const { rendered, warnings } = await prepare(template, variables)
      const { composition } = rendered
      if (composition === null) {
        throw refuse([{ path: 'composition', message: 'is missing: the template draws nothing over its pictures' }])
      }
      const readPicture = pictures.readAs(principal)
      const ground =
        picture === undefined
          ? { ...sizeOf(template.options), color: parseColor(background) }
          : await readPicture(picture, 'picture', signal)
      const composed = await composePicture(ground, composition, readPicture, signal)
      return { ...composed, version: template.version, warnings: [...warnings, ...composed.warnings] }
    },
  }
}
