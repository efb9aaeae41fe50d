import { isObject } from '../json.ts'
import { chat } from '../openai/chat.ts'
import { ModelTable } from '../openai/models.ts'
import { picture } from '../picture/plain.ts'
import { Problem, Refusal } from '../refusal.ts'
import { checkShape, type Shapes } from '../shape.ts'
import { compose, promptTokens, seedOf, type Turn } from '../text/compose.ts'
import type { Answer, Call, JsonObject, RawBody, World } from '../types.ts'
import { clip } from '../video/clip.ts'
import { bracketed, wordsOf } from '../violation.ts'

/** An error of the container itself, which SageMaker wraps. */
function containerError(status: number, detail: unknown): Refusal {
  return new Refusal(status, typeof detail === 'string' ? detail : JSON.stringify(detail), { detail })
}

const COUNT = { is: 'integer', min: 1 } as const
const SIZE = { is: 'string', pattern: /^\d+x\d+$/ } as const
const TEXT = { is: 'string' } as const
const NUMBER = { is: 'number' } as const

/** Source: vLLM-Omni documentation, images API. */
const IMAGE: Shapes = {
  model: TEXT,
  prompt: { is: 'string', required: true, min: 1 },
  size: SIZE,
  n: { is: 'integer', min: 1, max: 10 },
  response_format: { is: 'string', values: ['b64_json', 'file'] },
  negative_prompt: TEXT,
  num_inference_steps: COUNT,
  guidance_scale: NUMBER,
  true_cfg_scale: NUMBER,
  seed: { is: 'integer' },
  user: TEXT,
}

/** Source: vLLM-Omni documentation, videos API. In forms all values are texts. */
const VIDEO = [
  'model',
  'prompt',
  'size',
  'width',
  'height',
  'seconds',
  'num_frames',
  'fps',
  'num_inference_steps',
  'guidance_scale',
  'guidance_scale_2',
  'boundary_ratio',
  'flow_shift',
  'seed',
  'negative_prompt',
  'image_reference',
  'lora',
  'extra_params',
]

interface Input {
  endpoint: string
  call: Call
  world: World
}

const sizeOf = (size: unknown): { width: number; height: number } => {
  const [width = 1024, height = 1024] = String(size ?? '1024x1024')
    .split('x')
    .map(Number)
  return { width, height }
}

function images({ endpoint, call, world }: Input): Answer {
  const body = call.json ?? {}
  checkShape(IMAGE, body)
  const n = (body.n as number | undefined) ?? 1
  const draw = (number: number): Promise<RawBody> =>
    picture({ prompt: body.prompt as string, model: endpoint, ...sizeOf(body.size), number })
  return {
    streamed: false,
    model: endpoint,
    charge: { model: endpoint, images: n },
    firstDelayMs: world.delays.imageDelayMs,
    betweenDelayMs: 0,
    body: async () => {
      if (body.response_format === 'file') return draw(0)
      const drawn = await Promise.all(Array.from({ length: n }, (_, number) => draw(number)))
      return {
        created: Math.floor(Date.now() / 1000),
        data: drawn.map(({ data }) => ({ b64_json: data.toString('base64') })),
      }
    },
  }
}

function video({ endpoint, call, world }: Input): Answer {
  const fields = call.form?.fields ?? call.json ?? {}
  const unknown = Object.keys(fields).find((key) => !VIDEO.includes(key))
  if (unknown)
    throw containerError(422, [
      { loc: ['body', unknown], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' },
    ])
  if (typeof fields.prompt !== 'string')
    throw containerError(422, [{ loc: ['body', 'prompt'], msg: 'Field required', type: 'missing' }])
  const { prompt } = fields
  const seconds = Number(fields.seconds ?? 4)
  return {
    streamed: false,
    model: endpoint,
    charge: { model: endpoint, seconds },
    firstDelayMs: world.delays.imageDelayMs,
    betweenDelayMs: 0,
    body: () => clip({ prompt, seconds }),
  }
}

/** The container of a text-generation or text-to-image endpoint of the older kind: `{inputs, parameters}`. */
function plain({ endpoint, call, world }: Input): Answer {
  const { inputs, parameters = {} } = (call.json ?? {}) as { inputs?: unknown; parameters?: JsonObject }
  if (typeof inputs !== 'string' || !isObject(parameters)) throw containerError(400, 'inputs must be a string')
  const common = {
    streamed: false as const,
    model: endpoint,
    firstDelayMs: world.delays.imageDelayMs,
    betweenDelayMs: 0,
  }
  if (/image|diffusion|flux/i.test(endpoint)) {
    const width = (parameters.width as number | undefined) ?? 1024
    const height = (parameters.height as number | undefined) ?? 1024
    return {
      ...common,
      charge: { model: endpoint, images: 1 },
      body: async () => {
        const drawn = await picture({ prompt: inputs, model: endpoint, width, height })
        if (call.headers.accept?.startsWith('image/')) return drawn
        return { generated_images: [drawn.data.toString('base64')] }
      },
    }
  }
  const turn: Turn = { role: 'user', text: inputs, pictures: [], toolCallId: undefined, calls: new Map() }
  const room = (parameters.max_new_tokens as number | undefined) ?? Number.POSITIVE_INFINITY
  const format = { type: 'text' } as const
  const score = {
    seed: seedOf(endpoint, inputs),
    turns: [turn],
    tools: [],
    toolChoice: 'none' as const,
    parallel: false,
    format,
    stop: [],
    room,
  }
  const written = compose(score)
  return {
    ...common,
    charge: { model: endpoint, inputTokens: promptTokens([turn], [], format), outputTokens: written.tokens },
    body: () => [{ generated_text: written.pieces.join('') }],
  }
}

/** Chat of vLLM with whatever model the request names: an endpoint has one model, by any name. */
function converse({ endpoint, call, world }: Input): Answer {
  const model = call.json?.model
  const named = typeof model === 'string' ? model : endpoint
  return chat({ ...call, json: { ...call.json, model: named } }, world, new ModelTable([], { chat: { [named]: {} } }))
}

function routed(input: Input): Answer {
  const attributes = input.call.headers['x-amzn-sagemaker-custom-attributes']
  const route = /(?:^|,)\s*route=([^,\s]+)/.exec(String(attributes ?? ''))?.[1]
  switch (route) {
    case '/v1/images/generations':
      return images(input)
    case '/v1/videos/sync':
      return video(input)
    case '/v1/chat/completions':
      return converse(input)
    case undefined:
      return Array.isArray(input.call.json?.messages) ? converse(input) : plain(input)
    default:
      throw containerError(404, 'Not Found')
  }
}

/**
 * What the endpoint's container answers: vLLM-Omni with a route, vLLM's chat or `{inputs, parameters}` without.
 *
 * @throws Refusal the container's own
 */
export function runContainer(endpoint: string, call: Call, world: World): Answer {
  try {
    return routed({ endpoint, call, world })
  } catch (error) {
    if (!(error instanceof Problem) || error.fact.kind !== 'violation') throw error
    const { path } = error.fact
    throw containerError(422, [{ loc: ['body', bracketed(path)], msg: wordsOf(error.fact), type: 'value_error' }])
  }
}
