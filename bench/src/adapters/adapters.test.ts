import { expect, test } from 'vitest'
import type { Contest } from './contest.ts'
import { CONTESTS } from './index.ts'
import type { Memory } from './memory.ts'
import { PICTURE } from './pictures.ts'
import { INPUT_TOKENS, OUTPUT_TOKENS } from './talk.ts'

const connected = ({ connect }: Contest) => connect(new AbortController().signal)

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

test.each(CONTESTS)('both sides ask and read the same for $what', async (contest) => {
  const { adapter, byHand, provider } = contest
  const read = await adapter(connected(contest))
  const sent = requestOf(provider)
  expect(await byHand(connected(contest))).toEqual(read)
  expect(requestOf(provider)).toEqual(sent)
})

test.each(CONTESTS)('something is read for $what', async (contest) => {
  const read = await contest.byHand(connected(contest))
  const usage = { inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS }
  if ('text' in read) expect(read).toMatchObject({ reason: 'stop', usage })
  else expect(read).toMatchObject('url' in read ? { url: expect.any(String) } : { bytes: PICTURE.length })
})
