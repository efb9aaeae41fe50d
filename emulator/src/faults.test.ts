import { once } from 'node:events'
import http from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Fault } from './faults.ts'
import type { Emulator } from './server.ts'
import { CHAT, emulated, post } from './testing.ts'

const STREAM = { ...CHAT, stream: true, stream_options: { include_usage: true } }

/** Everything up to the end of the answer, and whether it ended cleanly. */
async function drain(response: Response): Promise<{ text: string; clean: boolean }> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true })
    }
    return { text, clean: true }
  } catch {
    return { text, clean: false }
  }
}

const events = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice(6))

async function streamed(fault: Fault): Promise<{ text: string; clean: boolean; emulator: Emulator }> {
  const { emulator } = await emulated()
  emulator.faults.add({ fault })
  return { ...(await drain(await post(emulator, '/chat/completions', STREAM))), emulator }
}

async function buffered(fault: Fault): Promise<{ text: string; clean: boolean; status: number }> {
  const { emulator } = await emulated()
  emulator.faults.add({ fault })
  const response = await post(emulator, '/chat/completions', CHAT)
  return { ...(await drain(response)), status: response.status }
}

/** Reads until the text holds what it waits for, then leaves. */
async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true })
    if (enough(text)) break
  }
  return text
}

describe('status', () => {
  it('answers with the body and headers of the order', async () => {
    const { emulator } = await emulated()
    const body = {
      error: { message: 'no more credit', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
    }
    emulator.faults.add({ fault: { kind: 'status', status: 429, body, headers: { 'retry-after': '7' } } })
    emulator.faults.add({ fault: { kind: 'status', status: 502 } })
    const limited = await post(emulator, '/chat/completions', CHAT)
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await limited.json()).toEqual(body)
    const proxy = await post(emulator, '/chat/completions', CHAT)
    expect([proxy.status, proxy.headers.get('content-type')]).toEqual([502, 'text/html'])
    expect(emulator.bill().calls).toBe(0)
  })
})

describe('before the first byte', () => {
  it('reset closes the connection; only a billed one is charged', async () => {
    const { emulator } = await emulated()
    emulator.faults.add({ fault: { kind: 'reset' } })
    emulator.faults.add({ fault: { kind: 'reset', billed: true } })
    await expect(post(emulator, '/chat/completions', CHAT)).rejects.toThrow()
    expect(emulator.bill().calls).toBe(0)
    await expect(post(emulator, '/chat/completions', CHAT)).rejects.toThrow()
    expect(emulator.bill().calls).toBe(1)
    expect(emulator.requests()).toHaveLength(2)
    expect(emulator.aborted()).toEqual([])
  })

  it('silence lasts until the client leaves, which is noticed', async () => {
    const { emulator } = await emulated()
    emulator.faults.add({ fault: { kind: 'silence' } })
    const leave = new AbortController()
    const request = post(emulator, '/chat/completions', CHAT, { signal: leave.signal })
    await expect.poll(() => emulator.requests().length).toBe(1)
    leave.abort()
    await expect(request).rejects.toThrow()
    await expect.poll(() => emulator.aborted().length).toBe(1)
    const [aborted] = emulator.aborted()
    expect(aborted?.at).toBeGreaterThanOrEqual(aborted?.startedAt ?? Number.POSITIVE_INFINITY)
  })

  it('slow-first-part sends the headers of a stream at once and its events later', async () => {
    const { emulator } = await emulated()
    emulator.faults.add({ fault: { kind: 'slow-first-part', ms: 60_000 } })
    const response = await post(emulator, '/chat/completions', STREAM)
    expect(response.status).toBe(200)
    await response.body?.cancel()
    emulator.faults.add({ fault: { kind: 'slow-first-part', ms: 1 } })
    expect(events((await drain(await post(emulator, '/chat/completions', STREAM))).text).at(-1)).toBe('[DONE]')
  })
})

describe('in the middle', () => {
  it('stall sends its events and nothing more', async () => {
    const { emulator } = await emulated()
    emulator.faults.add({ fault: { kind: 'stall', afterChunks: 3 } })
    const response = await post(emulator, '/chat/completions', STREAM)
    const text = await readUntil(response, (read) => events(read).length === 3)
    expect(events(text)).toHaveLength(3)
    await expect.poll(() => emulator.aborted().length).toBe(1)
    expect(emulator.bill().calls).toBe(1)
  })

  it('cut breaks a stream after its events and a body in half', async () => {
    const stream = await streamed({ kind: 'cut', afterChunks: 4 })
    expect(stream.clean).toBe(false)
    expect(events(stream.text)).toHaveLength(4)
    expect(stream.emulator.aborted()).toEqual([])
    const body = await buffered({ kind: 'cut', afterChunks: 0 })
    expect(body.clean).toBe(false)
    expect(body.text).toMatch(/^\{\s+"id"/)
  })

  it('malformed breaks one event and leaves the others whole', async () => {
    const parses = (data: string): boolean => {
      try {
        return data === '[DONE]' || JSON.parse(data) !== null
      } catch {
        return false
      }
    }
    const { text, clean } = await streamed({ kind: 'malformed', atChunk: 2 })
    expect(clean).toBe(true)
    expect(events(text).flatMap((data, index) => (parses(data) ? [] : [index]))).toEqual([2])
    expect(events(text).at(-1)).toBe('[DONE]')
    const body = await buffered({ kind: 'malformed', atChunk: 0 })
    expect([body.status, body.clean, parses(body.text)]).toEqual([200, true, false])
  })

  it('error-event ends a stream with an error, which is not charged', async () => {
    const { text, clean, emulator } = await streamed({
      kind: 'error-event',
      afterChunks: 2,
      error: { message: 'oops' },
    })
    expect(clean).toBe(true)
    expect(events(text)).toHaveLength(3)
    expect(JSON.parse(events(text)[2] ?? '')).toEqual({ error: { message: 'oops' } })
    expect(emulator.bill().calls).toBe(0)
    const body = await buffered({ kind: 'error-event', afterChunks: 0 })
    expect([body.status, Object.keys(JSON.parse(body.text))]).toEqual([200, ['error']])
  })
})

describe('at the end', () => {
  it('no-end-marker leaves out [DONE] only', async () => {
    const { text, clean } = await streamed({ kind: 'no-end-marker' })
    expect(clean).toBe(true)
    expect(text).not.toContain('[DONE]')
    expect(text).toContain('"finish_reason":"stop"')
  })

  it('no-finish ends cleanly without a finish reason', async () => {
    const { text, clean } = await streamed({ kind: 'no-finish' })
    expect(clean).toBe(true)
    expect(text).not.toMatch(/"finish_reason":"|\[DONE\]/)
    expect((await buffered({ kind: 'no-finish' })).text).toContain('"finish_reason": null')
  })

  it('no-usage leaves the usage out', async () => {
    expect((await streamed({ kind: 'no-usage' })).text).not.toContain('prompt_tokens')
    expect((await buffered({ kind: 'no-usage' })).text).not.toContain('prompt_tokens')
  })
})

describe('the wire', () => {
  it('split writes pieces of so many bytes, whose sum is the same answer', async () => {
    const { emulator, client } = await emulated()
    const whole = await client.chat.completions.create(CHAT)
    emulator.faults.add({ fault: { kind: 'split', bytes: 7 } })
    const request = http.request(`${emulator.openaiBaseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    })
    request.end(JSON.stringify(STREAM))
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    const pieces: Buffer[] = []
    response.on('data', (piece: Buffer) => pieces.push(piece))
    await once(response, 'end')
    const text = events(Buffer.concat(pieces).toString())
      .filter((data) => data !== '[DONE]')
      .map((data) => JSON.parse(data).choices[0]?.delta.content ?? '')
      .join('')
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(Math.max(...pieces.map((piece) => piece.length))).toBe(7)
  })

  it('split ends with the client that leaves between two pieces, and nothing waits for it when the emulator closes', async () => {
    const { emulator } = await emulated()
    emulator.faults.add({ fault: { kind: 'split', bytes: 1 } })
    await readUntil(await post(emulator, '/chat/completions', STREAM), (read) => read.length > 20)
    await expect.poll(() => emulator.aborted().length).toBe(1)
    await emulator.close()
  })

  it('crlf ends lines with CRLF and puts comments between events', async () => {
    const { text } = await streamed({ kind: 'crlf' })
    expect(text.replaceAll('\r\n', '')).not.toContain('\n')
    expect(text).toContain(': keep-alive\r\n\r\n')
    expect(events(text).at(-1)).toBe('[DONE]')
  })
})

describe('orders', () => {
  it('wait for what they match, let requests by and are used up', async () => {
    const { emulator } = await emulated()
    const fault = (status: number): Fault => ({ kind: 'status', status })
    emulator.faults.add({ match: { operation: 'embeddings' }, fault: fault(409) })
    emulator.faults.add({ match: { model: 'gpt-4.1', streamed: false }, skip: 1, times: 2, fault: fault(503) })
    emulator.faults.add({ match: { streamed: true }, fault: fault(500) })
    const ask = async (body: object) => (await post(emulator, '/chat/completions', body)).status
    expect([
      await ask(CHAT),
      await ask(STREAM),
      await ask(CHAT),
      await ask({ ...CHAT, model: 'gpt-4o' }),
      await ask(CHAT),
      await ask(CHAT),
    ]).toEqual([200, 500, 503, 200, 503, 200])
    expect(emulator.faults.list()).toMatchObject([{ match: { operation: 'embeddings' } }])
    emulator.faults.clear()
    expect(emulator.faults.list()).toEqual([])
  })

  it('refuses an order that it does not understand', async () => {
    const { emulator } = await emulated()
    const add = (fault: object) => () => emulator.faults.add({ fault: fault as Fault })
    expect(add({ kind: 'explode' })).toThrow('fault.kind must be one of')
    expect(add({ kind: 'stall' })).toThrow('fault.afterChunks must be a number')
  })
})
