import type { Composition, CompositionLayer, StackedLayer, TemplateConfiguration } from '@turnout/contract'
import type { InputProblem } from '../input.ts'
import { LiquidProblem, variablesOf } from './liquid.ts'
import { problemOf } from './variables.ts'

type Field = [path: string, source: string]

function layerFields(layer: Exclude<CompositionLayer, { type: 'stack' }> | StackedLayer, path: string): Field[] {
  if (layer.type === 'shape') return [[`${path}.color`, layer.color]]
  if (layer.type === 'image') return [[`${path}.source`, layer.source]]
  return [
    [`${path}.text`, layer.text],
    [`${path}.color`, layer.color],
    ...layer.colors.map((color, index): Field => [`${path}.colors[${index}]`, color]),
    ...(layer.plate ? [[`${path}.plate.color`, layer.plate.color] satisfies Field] : []),
  ]
}

const layersOf = ({ layers }: Composition) =>
  layers.flatMap((layer, index) => {
    const path = `composition.layers[${index}]`
    const children = layer.type === 'stack' ? layer.layers : []
    return [{ layer, path }, ...children.map((child, place) => ({ layer: child, path: `${path}.layers[${place}]` }))]
  })

function inputFields(value: unknown, path: string): Field[] {
  if (typeof value === 'string') return [[path, value]]
  if (Array.isArray(value)) return value.flatMap((each, index) => inputFields(each, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => inputFields(each, `${path}.${name}`))
}

/**
 * What is wrong with a template beyond its schema: texts that are not valid,
 * variables that are named but not declared, defaults beyond their own limits.
 */
export function checkTemplate(template: TemplateConfiguration): InputProblem[] {
  const problems: InputProblem[] = []
  const names = Object.keys(template.variables)
  const undeclared = (path: string, name: string) => {
    if (names.includes(name)) return
    const declared = names.length > 0 ? `declared: ${names.join(', ')}` : 'none is declared'
    problems.push({ path, message: `names the variable ${JSON.stringify(name)}, which is not declared; ${declared}` })
  }
  for (const [name, variable] of Object.entries(template.variables)) {
    const problem = variable.default === undefined ? undefined : problemOf(variable, variable.default)
    if (problem !== undefined) problems.push({ path: `variables.${name}.default`, message: problem })
  }
  const { composition } = template
  const layers = composition ? layersOf(composition) : []
  const fields: Field[] = [
    ['target.model', template.target.model],
    ['prompt', template.prompt],
    ...inputFields(template.inputs, 'inputs'),
    ...layers.flatMap(({ layer, path }) => (layer.type === 'stack' ? [] : layerFields(layer, path))),
    ...(composition?.canvas ? [['composition.canvas.background', composition.canvas.background] satisfies Field] : []),
  ]
  for (const [path, source] of fields) {
    try {
      for (const name of variablesOf(source)) undeclared(path, name)
    } catch (error) {
      if (!(error instanceof LiquidProblem)) throw error
      problems.push({ path, message: error.message })
    }
  }
  for (const { layer, path } of layers) if (layer.when) undeclared(`${path}.when.variable`, layer.when.variable)
  return problems
}
