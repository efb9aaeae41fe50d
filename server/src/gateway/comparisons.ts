import type { Compare, Comparison, EnhancedPrompt, EnhancePrompt, LeftOut } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { ComparisonRecords } from '../jobs/comparison-records.ts'
import type { NewJob } from '../jobs/store.ts'
import { newId } from '../lib/ids.ts'
import type { Registry } from '../registry/types.ts'
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

  /** @returns its id. @throws TurnoutError where no member can serve it: why not */
  async create(asked: Compare, caller: Caller): Promise<string> {
    const { kind, inputs, options, userId, metadata, deadlineSeconds } = asked
    const id = newId('cmp')
    const { prompt, warnings } = await this.#prompt(asked, caller)
    const jobs: NewJob[] = []
    const leftOut: LeftOut[] = []
    for (const model of new Set(this.#members(asked))) {
      const body = { model, inputs: { ...inputs, prompt }, options, userId, metadata, deadlineSeconds, priority: 0 }
      try {
        jobs.push(await this.#services.jobs.prepare({ kind, body, set: { id, place: jobs.length } }, caller))
      } catch (thrown) {
        const { code, message } = TurnoutError.from(thrown)
        if (code === 'permission') throw thrown
        leftOut.push({ model, code, reason: message })
      }
    }
    if (jobs.length === 0) {
      throw new TurnoutError('capability_missing', 'None of the models can serve the comparison.', {
        param: 'models',
        details: leftOut.map(({ model, reason }) => ({ path: `models: ${model}`, message: reason })),
      })
    }
    await this.#services.records.insert({ id, keyId: caller.principal.keyId, kind, prompt, leftOut, warnings })
    await this.#services.jobs.createAll(jobs)
    return id
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
