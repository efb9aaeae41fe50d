import { JSON_ARRAY, SSE } from '../http/framing.ts'
import { Problem, Refusal } from '../refusal.ts'
import type { Answer, Call, StreamEvent, World } from '../types.ts'
import { drawn, sketch } from './draw.ts'
import { refuse } from './errors.ts'
import { blocked, buffered, type Generation, generate, inputTokens, streamed } from './generate.ts'
import { type GenerateRequest, readGenerate } from './request.ts'

interface Prepared {
  request: GenerateRequest
  generation: Generation
  common: Pick<Answer, 'model' | 'charge' | 'chargeAfter' | 'fates' | 'firstDelayMs' | 'betweenDelayMs'>
}

function prepare({ params, json }: Call, world: World): Prepared {
  const request = readGenerate(params.model ?? '', json ?? {}, world)
  const { draws, id } = request.model
  const generation = draws ? sketch(request) : generate(request, world)
  return {
    request,
    generation,
    common: {
      model: id,
      charge: {
        model: id,
        inputTokens: generation.inputTokens,
        cachedInputTokens: generation.cachedTokens,
        outputTokens: generation.outputTokens + generation.thoughtTokens,
        ...(draws ? { images: 1 } : {}),
      },
      // Of what is blocked, the prompt is charged.
      chargeAfter: () => ({ model: id, inputTokens: generation.inputTokens }),
      fates: ['moderated'],
      firstDelayMs: draws ? world.delays.imageDelayMs : world.delays.firstChunkDelayMs,
      betweenDelayMs: world.delays.chunkDelayMs,
    },
  }
}

async function finished({ request, generation }: Prepared): Promise<Generation> {
  return request.model.draws ? drawn(generation, request) : generation
}

/** `POST /models/{model}:generateContent` */
export function generateContent(call: Call, world: World): Answer {
  const prepared = prepare(call, world)
  return {
    ...prepared.common,
    streamed: false,
    body: async (fate) => (fate ? blocked(prepared.generation) : buffered(await finished(prepared))),
  }
}

async function* chunks(prepared: Prepared, moderated: boolean): AsyncGenerator<StreamEvent> {
  if (moderated) yield { part: 'finish', data: blocked(prepared.generation) }
  else yield* streamed(await finished(prepared))
}

/** An error before a stream that is a JSON array is an element of such an array. */
function inArray(error: unknown): unknown {
  const refusal = error instanceof Problem ? refuse(error.fact) : error
  return refusal instanceof Refusal ? new Refusal(refusal.status, refusal.message, [refusal.body]) : error
}

/** `POST /models/{model}:streamGenerateContent`: server-sent events with `alt=sse`, else one JSON array. */
export function streamGenerateContent(call: Call, world: World): Answer {
  const sse = call.query.get('alt') === 'sse'
  try {
    const prepared = prepare(call, world)
    return {
      ...prepared.common,
      streamed: true,
      framing: sse ? SSE : JSON_ARRAY,
      events: (fate) => chunks(prepared, fate !== undefined),
    }
  } catch (error) {
    throw sse ? error : inArray(error)
  }
}

/** `POST /models/{model}:countTokens` */
export function countTokens({ params, json }: Call, world: World): Answer {
  const { generateContentRequest, ...plain } = json ?? {}
  const inner = (generateContentRequest ?? plain) as Record<string, unknown>
  const request = readGenerate(params.model ?? '', inner, world)
  const totalTokens = inputTokens(request)
  return {
    streamed: false,
    model: request.model.id,
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => ({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] }),
  }
}
