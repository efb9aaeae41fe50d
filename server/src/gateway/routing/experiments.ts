import type { ExperimentReport, PoolConfiguration, VariantOutcome } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { Outcome, OutcomeFilter, Outcomes } from '../../ledger/experiments.ts'
import { nameOfExperiment } from '../../registry/routing/experiments.ts'
import type { Registry } from '../../registry/types.ts'

/** When the requests began that count. */
export type Period = Pick<OutcomeFilter, 'from' | 'to'>

/** The experiments that are configured or have left records. */
export interface Experiments {
  /** By name. @throws TurnoutError overloaded */
  list(period: Period): Promise<ExperimentReport[]>
  /** @throws TurnoutError not_found, overloaded */
  read(name: string, period: Period): Promise<ExperimentReport>
}

type Configured = NonNullable<PoolConfiguration['experiment']>

const NOTHING: Omit<Outcome, 'experiment' | 'variant'> = {
  requests: 0,
  succeeded: 0,
  failed: 0,
  attempts: 0,
  failedAttempts: 0,
  latencyMs: null,
  firstPartMs: null,
  cost: '0',
  emulatedCost: '0',
  unknownCost: 0,
  validatorHardFails: 0,
  feedback: { count: 0, average: null },
}

function reportOn(
  name: string,
  configured: readonly { pool: string; experiment: Configured }[],
  outcomes: readonly Outcome[],
): ExperimentReport {
  const [first] = configured
  const variants = first?.experiment.variants ?? {}
  const names = new Set([...Object.keys(variants), ...outcomes.map(({ variant }) => variant)])
  return {
    name,
    pools: configured.map(({ pool }) => pool).sort(),
    by: first?.experiment.by ?? null,
    variants: [...names].sort().map((variant): VariantOutcome => {
      const found = outcomes.find((each) => each.variant === variant)
      const { experiment: _, ...outcome } = found ?? { ...NOTHING, experiment: name, variant }
      const { succeeded, failed } = outcome
      const ended = succeeded + failed
      const { weight = null, to = null } = Object.hasOwn(variants, variant) ? variants[variant]! : {}
      return { ...outcome, weight, to, errorRate: ended === 0 ? null : failed / ended }
    }),
  }
}

export function createExperiments(registry: Registry, outcomes: Outcomes): Experiments {
  const configured = () =>
    [...registry.snapshot.pools].flatMap(
      ([
        pool,
        {
          record: { experiment },
        },
      ]) => (experiment ? [{ pool, experiment, name: nameOfExperiment(pool, experiment) }] : []),
    )
  const list = async (filter: OutcomeFilter): Promise<ExperimentReport[]> => {
    const found = await outcomes.read(filter)
    const running = configured().filter(({ name }) => filter.experiment === undefined || name === filter.experiment)
    const names = new Set([...running.map(({ name }) => name), ...found.map(({ experiment }) => experiment)])
    return [...names].sort().map((name) =>
      reportOn(
        name,
        running.filter((each) => each.name === name),
        found.filter(({ experiment }) => experiment === name),
      ),
    )
  }
  return {
    list,
    async read(name, period) {
      const [report] = await list({ ...period, experiment: name })
      if (report) return report
      throw new TurnoutError(
        'not_found',
        `There is no experiment ${JSON.stringify(name)}; GET /api/experiments lists them.`,
        {
          param: 'name',
        },
      )
    },
  }
}
