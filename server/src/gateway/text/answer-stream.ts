import { chainOf, firstOf, type Sought } from '../routing/with-fallback.ts'
import { Shown } from './shown.ts'
import { openStream } from './stream.ts'
import { type StreamItem, type SuccessionPlan, succeedTo } from './succession.ts'

/** A streamed answer to be had of somebody. */
export interface StreamPlan extends Omit<SuccessionPlan, 'chain'> {
  sought: Sought
}

/** An answer, and how many deployments had failed until it began. */
export interface AnswerStream {
  chain: SuccessionPlan['chain']
  items: AsyncGenerator<StreamItem, void>
}

/**
 * An answer as it comes, of whoever gives it first, and gone on with by
 * others where it breaks off. Whoever takes the `finish` part tells its stream.
 *
 * @throws TurnoutError while it is iterated: `stream_interrupted` once a part has been seen
 */
export function answerStream({ sought, ...rest }: StreamPlan): AnswerStream {
  const chain = chainOf(rest.services.router, sought)
  return { chain, items: items({ ...rest, chain }) }
}

async function* items(plan: SuccessionPlan): AsyncGenerator<StreamItem, void> {
  const { services, chain, prepare, signal, shows } = plan
  const stream = await firstOf(chain, signal, (leg, own) => openStream(services, prepare(leg), own, shows))
  const { deployment, held } = stream.request
  const shown = chain.hasSuccessor && !held ? new Shown() : undefined
  try {
    yield { type: 'opened', stream, switched: undefined }
    for await (const part of stream.read(shows)) {
      if (part.type !== 'finish') shown?.add(part)
      yield part
    }
    return
  } catch (thrown) {
    const { told, failure, isUnfit } = await stream.fail(thrown)
    if (shown === undefined || isUnfit || told.code === 'canceled') throw told
    yield* succeedTo(plan, { deployment, failure, told, shown })
  } finally {
    await stream.close()
  }
}
