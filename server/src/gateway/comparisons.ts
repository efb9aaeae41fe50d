import type { Compare, Comparison, EnhancedPrompt, EnhancePrompt, LeftOut } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { ComparisonRecords } from '../jobs/comparison-records.ts'
import type { NewJob } from '../jobs/store.ts'
import { newId } from '../lib/ids.ts'
import type { Registry } from '../registry/types.ts'
import type { Asked } from './jobs/asked.ts'
import type { Jobs } from './jobs/service.ts'
import type { Caller } from './types.ts'

export interface ComparisonServices {
  records: ComparisonRecords
  registry: Registry
  jobs: Jobs
  enhance(asked: EnhancePrompt, caller: Caller): Promise<EnhancedPrompt>
}

/** One prompt for many models, each a job of its own that nobody else's failure touches. */
export class Comparisons {
  readonly #services: ComparisonServices

  constructor(services: ComparisonServices) {
    this.#services = services
  }

  /**
   * Sent again with the same Idempotency-Key it is the same comparison.
   *
   * @returns its id. @throws TurnoutError where no member can serve it: why not
   */
  async create(asked: Compare, idempotencyKey: string | undefined, caller: Caller): Promise<string> {
    const { jobs: service, records } = this.#services
    const sent = { compare: asked }
    const earlier = await service.earlier(sent, idempotencyKey, caller)
    if (earlier) return earlier.set_id!
    const id = newId('cmp')
    const common = { id, sent, idempotencyKey }
    // What is wrong with the request is told before anything is spent on it.
    const plain = await this.#prepared(asked, common, caller)
    const { prompt, warnings } = await this.#prompt(asked, caller)
    const better = { ...common, originalPrompt: asked.prompt }
    const { jobs, leftOut } =
      prompt === asked.prompt ? plain : await this.#prepared({ ...asked, prompt }, better, caller)
    await records.insert({ id, keyId: caller.principal.keyId, kind: asked.kind, prompt, leftOut, warnings })
    const [made] = await service.createAll(jobs)
    return made!.set_id ?? id
  }

  /** Who can serve it, and who cannot. @throws TurnoutError where nobody can */
  async #prepared(
    asked: Compare,
    { id, idempotencyKey, ...common }: Pick<Asked, 'sent' | 'idempotencyKey' | 'originalPrompt'> & { id: string },
    caller: Caller,
  ): Promise<{ jobs: NewJob[]; leftOut: LeftOut[] }> {
    const { kind, prompt, inputs, options, userId, metadata, deadlineSeconds } = asked
    const jobs: NewJob[] = []
    const leftOut: LeftOut[] = []
    for (const model of new Set(this.#members(asked))) {
      const body = { model, inputs: { ...inputs, prompt }, options, userId, metadata, deadlineSeconds, priority: 0 }
      const named = jobs.length === 0 ? idempotencyKey : undefined
      const order = { kind, body, set: { id, place: jobs.length }, ...common, idempotencyKey: named }
      try {
        jobs.push(await this.#services.jobs.prepare(order, caller))
      } catch (thrown) {
        const { code, message } = TurnoutError.from(thrown)
        if (code === 'permission') throw thrown
        leftOut.push({ model, code, reason: message })
      }
    }
    if (jobs.length > 0) return { jobs, leftOut }
    throw new TurnoutError('capability_missing', 'None of the models can serve the comparison.', {
      param: 'models',
      details: leftOut.map(({ model, reason }) => ({ path: `models: ${model}`, message: reason })),
    })
  }

  async #prompt({ prompt, kind, enhance }: Compare, caller: Caller): Promise<{ prompt: string; warnings: string[] }> {
    if (!enhance) return { prompt, warnings: [] }
    return this.#services.enhance({ prompt, modality: kind }, caller)
  }

  #members({ models, kind }: Compare): readonly string[] {
    if (models !== 'all') return models
    const { snapshot } = this.#services.registry
    return snapshot.models.filter(({ output, available }) => available && output.includes(kind)).map(({ id }) => id)
  }

  /** As it is now. @throws TurnoutError not_found */
  async read(id: string, caller: Pick<Caller, 'principal'>, baseUrl: string): Promise<Comparison> {
    const record = await this.#services.records.find(id)
    const { principal } = caller
    if (record === undefined || (principal.role !== 'admin' && record.keyId !== principal.keyId)) {
      throw new TurnoutError('not_found', `There is no comparison with the id "${id}".`)
    }
    const set = await this.#services.jobs.set(id, caller, baseUrl)
    const { prompt, kind, leftOut, warnings, createdAt } = record
    return { ...set, prompt, kind, leftOut, warnings, createdAt: createdAt.toISOString() }
  }
}
