import { expect, test } from 'vitest'
import { CONTESTS } from './index.ts'
import type { Memory } from './memory.ts'
import { PICTURE } from './pictures.ts'
import { INPUT_TOKENS, OUTPUT_TOKENS } from './talk.ts'

const fresh = () => new AbortController().signal

/** The request as far as it can be compared: JSON as its value, a form without the boundary that one side has made up. */
function requestOf({ sent }: Memory): unknown {
  const body = Buffer.from(sent?.body ?? '').toString()
  const boundary = /boundary=(.*)$/.exec(sent?.headers?.['content-type'] ?? '')?.[1]
  return {
    method: sent?.method ?? 'GET',
    url: sent?.url,
    body: body.startsWith('{') ? JSON.parse(body) : boundary ? body.replaceAll(boundary, '') : body,
  }
}

test.each(CONTESTS)('both sides ask and read the same for $what', async ({ adapter, byHand, provider }) => {
  const read = await adapter(fresh())
  const sent = requestOf(provider)
  expect(await byHand(fresh())).toEqual(read)
  expect(requestOf(provider)).toEqual(sent)
})

test.each(CONTESTS)('something is read for $what', async ({ byHand }) => {
  const read = await byHand(fresh())
  if ('text' in read) expect(read).toMatchObject({ inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS })
  else expect(read).toMatchObject('url' in read ? { url: expect.any(String) } : { bytes: PICTURE.length })
})
