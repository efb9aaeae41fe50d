import type { ErrorCode } from '@turnout/contract'
import type { Deployment } from '../core/deployment.ts'
import type { AttemptObserver, AttemptVerdict, Settled, Turn } from '../gateway/metering.ts'
import { counter, Durations, type Family, gauge, histogram, type Labels, type Value } from './family.ts'

const WHOLE_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320]
const FIRST_PART_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32]
const NANO = 1e9

/** What has become of the attempts at one deployment. */
class Counts {
  readonly labels: Labels
  readonly isEmulated: boolean
  /** By error code; those that succeeded have none. */
  readonly ends = new Map<ErrorCode | undefined, number>()
  readonly whole = new Durations(WHOLE_SECONDS)
  readonly firstPart = new Durations(FIRST_PART_SECONDS)
  running = 0
  retries = 0
  fallbacks = 0
  continuations = 0
  inputTokens = 0
  cachedInputTokens = 0
  outputTokens = 0
  reasoningTokens = 0
  images = 0
  /** Billionths of a dollar. */
  nano = 0
  unknownCost = 0

  constructor({ model, provider }: Deployment) {
    this.labels = { provider: provider.id, model: model.id }
    this.isEmulated = provider.emulated
  }
}

const outcomeOf = (code: ErrorCode | undefined): string =>
  code === undefined
    ? 'succeeded'
    : code === 'canceled'
      ? 'canceled'
      : code === 'unknown_outcome'
        ? 'unknown'
        : 'failed'

/** What is not there is settled later. */
function count(counts: Counts, { usage, cost }: Partial<Settled>): void {
  if (usage) {
    counts.inputTokens += usage.inputTokens ?? 0
    counts.cachedInputTokens += usage.cachedInputTokens ?? 0
    counts.outputTokens += usage.outputTokens ?? 0
    counts.reasoningTokens += usage.reasoningTokens ?? 0
    counts.images += usage.images ?? 0
  }
  if (cost === null) counts.unknownCost += 1
  else if (cost && !counts.isEmulated) counts.nano += Number(cost)
}

/** Counts attempts. There are as many lines as deployments that have been asked, whatever clients name in requests. */
export class AttemptMetrics implements AttemptObserver {
  readonly #counts = new Map<string, Counts>()

  attemptBegan(deployment: Deployment, turn?: Turn): void {
    const counts = this.#of(deployment)
    counts.running += 1
    if (turn === 'retry') counts.retries += 1
    else if (turn === 'fallback') counts.fallbacks += 1
  }

  attemptEnded(deployment: Deployment, verdict: AttemptVerdict): void {
    const counts = this.#of(deployment)
    const { errorCode, latencyMs, firstPartMs, usage, cost } = verdict
    counts.running -= 1
    counts.ends.set(errorCode, (counts.ends.get(errorCode) ?? 0) + 1)
    if (errorCode !== 'canceled') counts.whole.add(latencyMs)
    if (firstPartMs !== undefined) counts.firstPart.add(firstPartMs)
    count(counts, { usage, cost })
  }

  settled(deployment: Deployment, settled: Settled): void {
    count(this.#of(deployment), settled)
  }

  limitReached(): void {}

  continued(deployment: Deployment): void {
    this.#of(deployment).continuations += 1
  }

  families(): Family[] {
    const all = [...this.#counts.values()]
    const each = (value: (counts: Counts) => number): Value[] =>
      all.map((counts) => ({ labels: counts.labels, value: value(counts) }))
    const some = (value: (counts: Counts) => number): Value[] => each(value).filter((one) => one.value > 0)
    const tokens = (kind: string, value: (counts: Counts) => number): Value[] =>
      some(value).map((one) => ({ ...one, labels: { ...one.labels, kind } }))
    return [
      counter(
        'turnout_attempts_total',
        'Calls to deployments that have ended, by outcome and error code.',
        all.flatMap(({ labels, ends }) =>
          [...ends].map(([code, value]) => ({
            labels: { ...labels, outcome: outcomeOf(code), code: code ?? '' },
            value,
          })),
        ),
      ),
      gauge(
        'turnout_attempts_running',
        'Calls to deployments that have not ended.',
        each(({ running }) => running),
      ),
      histogram(
        'turnout_attempt_duration_seconds',
        'How long calls took, those left out that were given up.',
        all.map(({ labels, whole }) => ({ labels, durations: whole })),
      ),
      histogram(
        'turnout_first_part_seconds',
        'Until the first content of streams.',
        all.map(({ labels, firstPart }) => ({ labels, durations: firstPart })),
      ),
      counter(
        'turnout_retries_total',
        'Calls to the same deployment again.',
        some(({ retries }) => retries),
      ),
      counter(
        'turnout_fallbacks_total',
        'Calls to a deployment in the place of one that had failed.',
        some(({ fallbacks }) => fallbacks),
      ),
      counter(
        'turnout_stream_continuations_total',
        'Streams that broke off and that a deployment went on with.',
        some(({ continuations }) => continuations),
      ),
      counter('turnout_tokens_total', 'Tokens, by kind. Cached ones are part of input, reasoning ones of output.', [
        ...tokens('input', ({ inputTokens }) => inputTokens),
        ...tokens('cached_input', ({ cachedInputTokens }) => cachedInputTokens),
        ...tokens('output', ({ outputTokens }) => outputTokens),
        ...tokens('reasoning', ({ reasoningTokens }) => reasoningTokens),
      ]),
      counter(
        'turnout_images_total',
        'Pictures that were made.',
        some(({ images }) => images),
      ),
      counter(
        'turnout_cost_dollars_total',
        'Known cost of calls in US dollars, those to the emulator left out.',
        some(({ nano }) => nano).map(({ labels, value }) => ({ labels, value: value / NANO })),
      ),
      counter(
        'turnout_cost_unknown_total',
        'Calls whose cost is not known.',
        some(({ unknownCost }) => unknownCost),
      ),
    ]
  }

  #of(deployment: Deployment): Counts {
    let counts = this.#counts.get(deployment.id)
    if (counts === undefined) {
      counts = new Counts(deployment)
      this.#counts.set(deployment.id, counts)
    }
    return counts
  }
}
