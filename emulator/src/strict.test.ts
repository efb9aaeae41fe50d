import OpenAI, { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { CHAT, emulated, post, user } from './testing.ts'

type Expected = [status: number, code: string | null, param: string | null]

const tool = (parameters: object, strict = false) => ({
  tools: [{ type: 'function', function: { name: 'f', parameters, strict } }],
})
const schema = (value: object, strict = true) => ({
  response_format: { type: 'json_schema', json_schema: { name: 's', strict, schema: value } },
})
const picture = (url: string) => ({
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
})
const called = {
  role: 'assistant',
  tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
}
const object = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})

const CHAT_CASES: [string, object, Expected][] = [
  ['an unknown field', { foo: 1 }, [400, null, null]],
  ['no model', { model: undefined }, [400, null, null]],
  ['no messages', { messages: undefined }, [400, 'missing_required_parameter', 'messages']],
  ['empty messages', { messages: [] }, [400, 'empty_array', 'messages']],
  ['an unknown role', { messages: [{ role: 'robot', content: '' }] }, [400, 'invalid_value', 'messages[0].role']],
  ['null content', { messages: [{ role: 'user', content: null }] }, [400, 'invalid_type', 'messages[0].content']],
  ['an unknown message field', { messages: [{ ...user('x'), id: 1 }] }, [400, 'unknown_parameter', 'messages[0].id']],
  [
    'a picture from the system',
    { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://a.b/c' } }] }] },
    [400, 'invalid_value', 'messages[0].content[0].type'],
  ],
  [
    'a broken data URL',
    picture('data:image/png;base64,AAAA'),
    [400, 'invalid_image_format', 'messages[0].content[0].image_url.url'],
  ],
  [
    'a picture URL of another scheme',
    picture('ftp://a.b/c.png'),
    [400, 'invalid_value', 'messages[0].content[0].image_url.url'],
  ],
  ['text as temperature', { temperature: 'hot' }, [400, 'invalid_type', 'temperature']],
  ['too high a temperature', { temperature: 2.1 }, [400, 'decimal_above_max_value', 'temperature']],
  ['n below 1', { n: 0 }, [400, 'integer_below_min_value', 'n']],
  ['n with a fraction', { n: 1.5 }, [400, 'invalid_type', 'n']],
  ['five stop sequences', { stop: ['1', '2', '3', '4', '5'] }, [400, 'array_above_max_length', 'stop']],
  ['another service tier', { service_tier: 'gold' }, [400, 'invalid_value', 'service_tier']],
  [
    'a long safety identifier',
    { safety_identifier: 'x'.repeat(65) },
    [400, 'string_above_max_length', 'safety_identifier'],
  ],
  ['stream options without a stream', { stream_options: { include_usage: true } }, [400, null, 'stream_options']],
  [
    'an unknown stream option',
    { stream: true, stream_options: { x: 1 } },
    [400, 'unknown_parameter', 'stream_options.x'],
  ],
  [
    'both token limits',
    { max_tokens: 1, max_completion_tokens: 1 },
    [400, 'invalid_parameter_combination', 'max_tokens'],
  ],
  ['metadata that is not stored', { metadata: { a: 'b' } }, [400, null, 'metadata']],
  ['a tool choice without tools', { tool_choice: 'auto' }, [400, null, 'tool_choice']],
  ['parallel calls without tools', { parallel_tool_calls: true }, [400, null, 'parallel_tool_calls']],
  ['empty tools', { tools: [] }, [400, 'empty_array', 'tools']],
  [
    'a tool without a type',
    { tools: [{ function: { name: 'f' } }] },
    [400, 'missing_required_parameter', 'tools[0].type'],
  ],
  [
    'a tool name with a space',
    { tools: [{ type: 'function', function: { name: 'a b' } }] },
    [400, 'invalid_value', 'tools[0].function.name'],
  ],
  [
    'tool parameters that are no object',
    tool({ type: 'string' }),
    [400, 'invalid_function_parameters', 'tools[0].function.parameters'],
  ],
  [
    'a strict tool that leaves keys open',
    tool({ type: 'object', properties: {} }, true),
    [400, 'invalid_function_parameters', 'tools[0].function.parameters'],
  ],
  [
    'a tool choice that names no tool',
    { ...tool({ type: 'object' }), tool_choice: { type: 'function', function: { name: 'g' } } },
    [400, null, 'tool_choice'],
  ],
  [
    'a tool message without a call',
    { messages: [{ role: 'tool', tool_call_id: 'a', content: '' }] },
    [400, null, 'messages.[0].role'],
  ],
  ['a call without its result', { messages: [user('x'), called, user('y')] }, [400, null, 'messages.[2].role']],
  ['an unknown response format', { response_format: { type: 'xml' } }, [400, 'invalid_value', 'response_format.type']],
  ['JSON mode without the word', { response_format: { type: 'json_object' } }, [400, null, 'messages']],
  [
    'a schema without a name',
    { response_format: { type: 'json_schema', json_schema: { schema: {} } } },
    [400, 'missing_required_parameter', 'response_format.json_schema.name'],
  ],
  ['log probabilities', { logprobs: true }, [400, 'unsupported_parameter', 'logprobs']],
  ['reasoning effort on a plain model', { reasoning_effort: 'low' }, [400, null, null]],
  [
    'max_tokens on a reasoning model',
    { model: 'gpt-5.4', max_tokens: 5 },
    [400, 'unsupported_parameter', 'max_tokens'],
  ],
  [
    'temperature on a reasoning model',
    { model: 'gpt-5.4', temperature: 0.5 },
    [400, 'unsupported_value', 'temperature'],
  ],
  ['stop on o3', { model: 'o3', stop: 'x' }, [400, 'unsupported_parameter', 'stop']],
  ['an unknown model', { model: 'gpt-99' }, [404, 'model_not_found', null]],
  ['an image model', { model: 'gpt-image-2' }, [404, null, 'model']],
  [
    'a prompt beyond the context',
    { model: 'gpt-4o', messages: [user('word '.repeat(150_000))] },
    [400, 'context_length_exceeded', 'messages'],
  ],
]

const STRICT_CASES: [string, object, string][] = [
  ['open keys', object({}, { additionalProperties: true }), "In context=(), 'additionalProperties'"],
  ['an optional key', object({ a: { type: 'string' } }, { required: [] }), "Missing 'a'"],
  ['open keys deeper down', object({ a: { type: 'object', properties: {} } }), "In context=('properties', 'a'), "],
  ['allOf', object({ a: { type: 'string', allOf: [] } }), "'allOf' is not permitted"],
  ['no type', object({ a: { description: 'x' } }), "schema must have a 'type' key"],
  ['an array without items', object({ a: { type: 'array' } }), 'array schema missing items'],
  ['another format', object({ a: { type: 'string', format: 'uri' } }), "'uri' is not a valid format"],
  ['a root that is no object', { type: 'array', items: {} }, 'got \'type: "array"\''],
  ['a reference to nowhere', object({ a: { $ref: '#/$defs/x' } }), 'reference can only point'],
  ['a reference with neighbours', object({ a: { $ref: '#', description: 'x' } }), '$ref cannot have keywords'],
]

const IMAGE_CASES: [string, object, Expected][] = [
  ['response_format', { response_format: 'b64_json' }, [400, 'unknown_parameter', 'response_format']],
  ['style', { style: 'vivid' }, [400, 'unknown_parameter', 'style']],
  ['no prompt', { prompt: undefined }, [400, 'missing_required_parameter', 'prompt']],
  ['an empty prompt', { prompt: '' }, [400, 'empty_string', 'prompt']],
  ['too long a prompt', { prompt: 'x'.repeat(32_001) }, [400, 'string_above_max_length', 'prompt']],
  ['eleven pictures', { n: 11 }, [400, 'integer_above_max_value', 'n']],
  ['no model: the default is retired', { model: undefined }, [404, 'model_not_found', null]],
  ['a retired model', { model: 'dall-e-3' }, [404, 'model_not_found', null]],
  ['a model that was shut down', { model: 'gpt-image-1' }, [404, 'model_not_found', null]],
  [
    'a free size of a model with fixed ones',
    { model: 'gpt-image-1.5', size: '512x512' },
    [400, 'invalid_value', 'size'],
  ],
  ['a size off the grid', { size: '1000x1000' }, [400, 'invalid_value', 'size']],
  ['too wide a size', { size: '2048x512' }, [400, 'invalid_value', 'size']],
  ['too large a size', { size: '3840x3840' }, [400, 'invalid_value', 'size']],
  ['a quality of later models', { quality: 'max' }, [400, 'invalid_value', 'quality']],
  ['a format of later models', { output_format: 'gif' }, [400, 'invalid_value', 'output_format']],
  ['compression of a PNG', { output_compression: 50 }, [400, 'invalid_value', 'output_compression']],
  ['a transparent JPEG', { background: 'transparent', output_format: 'jpeg' }, [400, 'invalid_value', 'background']],
  ['partial pictures without a stream', { partial_images: 1 }, [400, null, 'partial_images']],
  ['four partial pictures', { stream: true, partial_images: 4 }, [400, 'integer_above_max_value', 'partial_images']],
]

const EMBEDDING_CASES: [string, object, Expected][] = [
  ['an unknown field', { foo: 1 }, [400, null, null]],
  ['no input', { input: undefined }, [400, 'missing_required_parameter', 'input']],
  ['an empty text', { input: '' }, [400, null, null]],
  ['a mixed list', { input: ['a', 1] }, [400, null, null]],
  ['too many texts', { input: Array.from({ length: 2049 }, () => 'a') }, [400, null, null]],
  ['too long a text', { input: 'word '.repeat(9000) }, [400, null, null]],
  ['too many dimensions', { dimensions: 2000 }, [400, null, 'dimensions']],
  ['dimensions of a model without', { model: 'text-embedding-ada-002', dimensions: 8 }, [400, null, 'dimensions']],
  ['another encoding', { encoding_format: 'hex' }, [400, 'invalid_value', 'encoding_format']],
  ['a chat model', { model: 'gpt-4.1' }, [404, null, 'model']],
]

async function refusal(path: string, body: object): Promise<Expected> {
  const { emulator } = await emulated()
  const response = await post(emulator, path, body)
  const { error } = (await response.json()) as { error: Record<string, string | null> }
  expect(Object.keys(error ?? {}).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(emulator.bill().calls).toBe(0)
  return [response.status, error?.code ?? null, error?.param ?? null]
}

describe('refused', () => {
  it.each(CHAT_CASES)('chat: %s', async (_name, more, expected) => {
    expect(await refusal('/chat/completions', { ...CHAT, ...more })).toEqual(expected)
  })

  it.each(STRICT_CASES)('strict schema: %s', async (_name, value, problem) => {
    const { emulator } = await emulated()
    const refused = await post(emulator, '/chat/completions', { ...CHAT, ...schema(value) })
    expect(refused.status).toBe(400)
    expect(((await refused.json()) as { error: { message: string } }).error.message).toContain(problem)
  })

  it.each(IMAGE_CASES)('image: %s', async (_name, more, expected) => {
    expect(await refusal('/images/generations', { model: 'gpt-image-2', prompt: 'A fox', ...more })).toEqual(expected)
  })

  it.each(EMBEDDING_CASES)('embedding: %s', async (_name, more, expected) => {
    expect(await refusal('/embeddings', { model: 'text-embedding-3-small', input: 'a', ...more })).toEqual(expected)
  })

  it('sampling settings are taken by a reasoning model that does not reason', async () => {
    const { emulator } = await emulated()
    const body = { ...CHAT, model: 'gpt-5.4', reasoning_effort: 'none', temperature: 0.2 }
    expect((await post(emulator, '/chat/completions', body)).status).toBe(200)
  })
})

describe('refused edits', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const wide = Buffer.from(png)
  wide.writeUInt32BE(2, 16)
  const file = (bytes: Buffer, type: string) => new File([new Uint8Array(bytes)], 'a', { type })
  const cases: [string, (form: FormData) => void, Expected][] = [
    ['no picture', () => undefined, [400, 'missing_required_parameter', 'image']],
    [
      'another type',
      (form) => form.append('image', file(png, 'text/plain')),
      [400, 'unsupported_file_mimetype', 'image'],
    ],
    [
      'bytes that are no picture',
      (form) => form.append('image', file(Buffer.from('hello'), 'image/png')),
      [400, 'invalid_image_file', 'image'],
    ],
    [
      'half a picture',
      (form) => form.append('image', file(png.subarray(0, 50), 'image/png')),
      [400, 'invalid_image_file', 'image'],
    ],
    ['an unknown field', (form) => form.append('style', 'vivid'), [400, 'unknown_parameter', 'style']],
    ['a number that is none', (form) => form.append('n', 'two'), [400, 'invalid_type', 'n']],
    [
      'a mask of another size',
      (form) => {
        form.append('image', file(png, 'image/png'))
        form.append('mask', file(wide, 'image/png'))
      },
      [400, 'invalid_mask_image_format', 'mask'],
    ],
    [
      'seventeen pictures',
      (form) => {
        for (let count = 0; count < 17; count++) form.append('image[]', file(png, 'image/png'))
      },
      [400, 'array_above_max_length', 'image'],
    ],
  ]

  it.each(cases)('%s', async (_name, fill, expected) => {
    const { emulator } = await emulated()
    const form = new FormData()
    form.append('prompt', 'Add a hat')
    fill(form)
    const response = await fetch(`${emulator.openaiBaseUrl}/images/edits`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: form,
    })
    const { error } = (await response.json()) as { error: { code: string | null; param: string | null } }
    expect([response.status, error.code, error.param]).toEqual(expected)
  })

  it('input_fidelity of a model without it, as the SDK reports it', async () => {
    const { client } = await emulated()
    const image = await toFile(png, 'a.png', { type: 'image/png' })
    const request = { model: 'gpt-image-1-mini', prompt: 'x', image, input_fidelity: 'high' as const }
    await expect(client.images.edit(request)).rejects.toBeInstanceOf(OpenAI.BadRequestError)
  })
})

describe('the request around the body', () => {
  it.each([
    ['an unknown route', '/nothing', {}, 404, null],
    ['the wrong method', '/chat/completions', { method: 'GET', body: null }, 405, 'method_not_supported'],
    [
      'another content type',
      '/chat/completions',
      { headers: { authorization: 'Bearer x', 'content-type': 'text/plain' } },
      400,
      'unsupported_content_type',
    ],
    ['broken JSON', '/chat/completions', { body: '{"model":' }, 400, null],
    ['a JSON array', '/chat/completions', { body: '[]' }, 400, null],
    ['no credential', '/chat/completions', { headers: { 'content-type': 'application/json' } }, 401, null],
    ['an oversized body', '/chat/completions', { body: 'x'.repeat(51 * 1024 * 1024) }, 413, null],
  ])('%s', async (_name, path, init, status, code) => {
    const { emulator } = await emulated()
    const response = await post(emulator, path, CHAT, init as RequestInit)
    expect(response.status).toBe(status)
    expect(((await response.json()) as { error: { code: string | null } }).error.code).toBe(code)
    expect((await post(emulator, '/chat/completions', CHAT)).status).toBe(200)
  })

  it('masks a wrong credential and keeps it out of the records', async () => {
    const { emulator, client } = await emulated({ credentials: ['sk-right'] })
    const error = await client.chat.completions.create(CHAT).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' })
    expect(String(error)).not.toContain('sk-test-credential-1234')
    const right = new OpenAI({ apiKey: 'sk-right', baseURL: emulator.openaiBaseUrl })
    await right.chat.completions.create(CHAT)
    expect(emulator.requests().map((request) => request.authorized)).toEqual([false, true])
    expect(JSON.stringify(emulator.requests())).not.toMatch(/sk-right|sk-test/)
  })
})

describe('errors as the SDK sees them', () => {
  it.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [502, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
  ])('%i', async (status, errorClass) => {
    const { emulator, client } = await emulated()
    emulator.faults.add({ fault: { kind: 'status', status } })
    const error = await client.chat.completions.create(CHAT).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(errorClass)
    expect(error).toMatchObject({ status, requestID: expect.stringMatching(/^req_/) })
  })
})
