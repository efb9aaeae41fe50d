import { NDJSON } from '../http/framing.ts'
import { isObject } from '../json.ts'
import { decodePicture } from '../picture/probe.ts'
import { Refusal } from '../refusal.ts'
import { checkShape, type Shape, type Shapes } from '../shape.ts'
import {
  compose,
  type Format,
  lastUserTurn,
  promptTokens,
  reasoningFor,
  seedOf,
  type Turn,
  transcript,
} from '../text/compose.ts'
import { pieces } from '../text/tokens.ts'
import { writing } from '../text/unwritable.ts'
import type { Answer, Call, JsonObject, StreamEvent, World } from '../types.ts'
import { ollamaModel } from './models.ts'

export function ollamaError(status: number, message: string): Refusal {
  return new Refusal(status, message, { error: message })
}

const TEXT: Shape = { is: 'string' }
const NUMBER: Shape = { is: 'number' }

/** Unknown options are passed over by the real server with a line in its log; here they are refused. */
const OPTIONS: Shapes = {
  temperature: NUMBER,
  top_p: NUMBER,
  top_k: NUMBER,
  min_p: NUMBER,
  seed: { is: 'integer' },
  stop: { is: 'either', of: [TEXT, { is: 'list', items: TEXT }] },
  num_ctx: { is: 'integer', min: 1 },
  num_predict: { is: 'integer' },
  repeat_penalty: NUMBER,
  presence_penalty: NUMBER,
  frequency_penalty: NUMBER,
}

/** Source: Ollama, docs/openapi.yaml, ChatRequest. */
const FIELDS: Shapes = {
  model: { is: 'string', required: true, min: 1 },
  messages: {
    is: 'list',
    items: {
      is: 'object',
      fields: {
        role: { is: 'string', required: true, values: ['system', 'user', 'assistant', 'tool'] },
        content: TEXT,
        thinking: TEXT,
        images: { is: 'list', items: TEXT },
        tool_calls: {
          is: 'list',
          items: {
            is: 'object',
            open: true,
            fields: {
              function: {
                is: 'object',
                required: true,
                open: true,
                fields: { name: { is: 'string', required: true }, arguments: { is: 'object', open: true } },
              },
            },
          },
        },
        tool_name: TEXT,
        tool_call_id: TEXT,
      },
    },
  },
  tools: {
    is: 'list',
    items: {
      is: 'object',
      fields: {
        type: { is: 'string', values: ['function'] },
        function: {
          is: 'object',
          required: true,
          open: true,
          fields: {
            name: { is: 'string', required: true, min: 1 },
            description: TEXT,
            parameters: { is: 'object', open: true },
          },
        },
      },
    },
  },
  format: { is: 'either', of: [TEXT, { is: 'object', open: true }] },
  options: { is: 'object', fields: OPTIONS },
  stream: { is: 'boolean' },
  think: { is: 'either', of: [{ is: 'boolean' }, { is: 'string', values: ['low', 'medium', 'high', 'max'] }] },
  keep_alive: { is: 'either', of: [TEXT, NUMBER] },
  logprobs: { is: 'boolean' },
}

interface Message {
  role: string
  content?: string
  images?: string[]
  tool_calls?: { function: { name: string } }[]
}

function turnsOf(messages: readonly Message[]): Turn[] {
  let results = 0
  return messages.map(({ role, content = '', images = [], tool_calls = [] }) => {
    if (images.some((image) => !decodePicture(image))) throw ollamaError(400, 'invalid image input')
    results = role === 'tool' ? results + 1 : 0
    const calls = new Map(tool_calls.map(({ function: { name } }, index) => [String(index), name]))
    return {
      role,
      text: content,
      pictures: images,
      toolCallId: role === 'tool' ? String(results - 1) : undefined,
      calls,
    }
  })
}

function formatOf(format: unknown): Format {
  if (isObject(format)) return { type: 'json_schema', schema: format }
  return { type: format === 'json' ? 'json_object' : 'text' }
}

interface Piece {
  content?: string
  thinking?: string
  tool_calls?: JsonObject[]
}

/** `POST /api/chat`: streamed unless the request says otherwise. */
export function chat(call: Call, world: World): Answer {
  const body = call.json ?? {}
  checkShape(FIELDS, body)
  const model = ollamaModel(body.model as string, world)
  const options = (body.options ?? {}) as { seed?: number; stop?: string | string[]; num_predict?: number }
  const turns = turnsOf((body.messages ?? []) as Message[])
  if (body.think && !model.thinks) throw ollamaError(400, `"${model.id}" does not support thinking`)
  const tools = (
    (body.tools ?? []) as { function: { name: string; description?: string; parameters?: JsonObject } }[]
  ).map(({ function: { name, description = '', parameters = { type: 'object' } } }) => ({
    name,
    description,
    parameters,
  }))
  if (tools.length > 0 && !model.tools) throw ollamaError(400, `${model.id} does not support tools`)
  const format = formatOf(body.format)
  const seed = seedOf(model.id, transcript(turns), tools, format, options.seed)
  const room = options.num_predict && options.num_predict > 0 ? options.num_predict : Number.POSITIVE_INFINITY
  const stop = [options.stop ?? []].flat()
  const score = {
    seed,
    turns,
    tools,
    toolChoice: tools.length > 0 ? ('auto' as const) : ('none' as const),
    parallel: true,
    format,
    stop,
    room,
  }
  const written = writing(
    () => compose(score),
    (message) => ollamaError(400, message),
  )
  const thoughts = body.think ? pieces(reasoningFor(seed, lastUserTurn(turns)?.text ?? '')) : []
  const inputTokens = promptTokens(turns, tools, format)
  const outputTokens = written.tokens + thoughts.length
  const calls = written.calls.map(({ name, arguments: args }, index) => ({
    function: { index, name, arguments: JSON.parse(args) },
  }))
  const head = { model: model.id, created_at: new Date().toISOString() }
  const end = {
    done: true,
    done_reason: written.finish === 'length' ? 'length' : 'stop',
    total_duration: 1_000_000_000,
    load_duration: 100_000_000,
    prompt_eval_count: inputTokens,
    prompt_eval_duration: 100_000_000,
    eval_count: outputTokens,
    eval_duration: 800_000_000,
  }
  const line = ({ content = '', ...rest }: Piece): JsonObject => ({
    ...head,
    message: { role: 'assistant', content, ...rest },
  })
  const parts: Piece[] = [
    ...thoughts.map((thinking) => ({ thinking })),
    ...written.pieces.map((content) => ({ content })),
    ...(calls.length > 0 ? [{ tool_calls: calls }] : []),
  ]
  function* events(): Generator<StreamEvent> {
    for (const part of parts) yield { part: 'content', data: { ...line(part), done: false } }
    yield { part: 'finish', data: { ...line({}), ...end } }
  }
  const whole: Piece = {
    content: written.pieces.join(''),
    ...(thoughts.length > 0 ? { thinking: thoughts.join('') } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  const common = {
    model: model.id,
    charge: { model: model.id, inputTokens, outputTokens },
    firstDelayMs: world.delays.firstChunkDelayMs,
    betweenDelayMs: world.delays.chunkDelayMs,
  }
  return body.stream === false
    ? { ...common, streamed: false, body: () => ({ ...line(whole), ...end }) }
    : { ...common, streamed: true, framing: NDJSON, events }
}
