const PROSE =
  'The signal box at the junction sorts the evening traffic: an express for the coast, two goods trains that wait ' +
  'their turn, and a railcar that stops wherever somebody stands on the platform. '

/** A chat request of about 1 KB. */
export function chatBody(model: string, stream: boolean): string {
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You are a patient dispatcher. Answer in one short paragraph.' },
      { role: 'user', content: PROSE.repeat(4) },
    ],
    temperature: 0.7,
    stream,
  })
}

const ID = 'chatcmpl-CbenchAAAAAAAAAAAAAAAAAAAAAAA'
const CREATED = 1_760_000_000
const USAGE = {
  prompt_tokens: 180,
  completion_tokens: 120,
  total_tokens: 300,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}

/** A whole answer of about 1 KB. */
export const completion = (model: string): string =>
  JSON.stringify({
    id: ID,
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: PROSE.repeat(3), refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
    service_tier: 'default',
    system_fingerprint: null,
  })

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

/** One chunk of a streamed answer, as an event of the stream. */
export const chunk = (model: string, delta: object, finish: string | null = null): string =>
  event({
    id: ID,
    object: 'chat.completion.chunk',
    created: CREATED,
    model,
    service_tier: 'default',
    system_fingerprint: null,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    usage: null,
    obfuscation: 'q8ZkP2',
  })

/** What a stream ends with: the chunk that carries the usage, and the end marker. */
export const streamEnd = (model: string): string =>
  `${event({ id: ID, object: 'chat.completion.chunk', created: CREATED, model, choices: [], usage: USAGE })}${END_MARKER}`

export const END_MARKER = 'data: [DONE]\n\n'
