import { expect, test } from 'vitest'
import type { Deployment } from '../../core/deployment.ts'
import { Gathering, textOf } from './answer.ts'

const deployment = { provider: { adapter: 'google' } } as Deployment
const END = { reason: 'tool-calls', raw: 'STOP' } as const

test('the parts of a stream are gathered to the calls that they are pieces of, gaps left out', () => {
  const gathering = new Gathering()
  gathering.push({ type: 'reasoning-delta', text: 'Hm. ' })
  gathering.push({ type: 'tool-call-delta', index: 2, id: 'b', name: 'later', arguments: '{' })
  gathering.push({ type: 'tool-call-delta', index: 0, id: 'a', name: 'first' })
  gathering.push({ type: 'text-delta', text: 'Wait' })
  gathering.push({ type: 'tool-call-delta', index: 2, arguments: '}' })
  gathering.push({ type: 'text-delta', text: '.' })
  expect(gathering.said(undefined)).toEqual({
    text: 'Wait.',
    reasoning: 'Hm. ',
    toolCalls: [
      { id: 'a', name: 'first', arguments: '' },
      { id: 'b', name: 'later', arguments: '{}' },
    ],
  })
})

test('calls without ids get some that differ from call to call and from turn to turn', () => {
  const toolCalls = [1, 2].map(() => ({ id: '', name: 'x', arguments: '{}' }))
  const ids = ['req_1', 'req_2'].flatMap((requestId) =>
    textOf({ text: '', toolCalls }, END, deployment, requestId).toolCalls.map(({ id }) => id),
  )
  expect(new Set(ids).size).toBe(4)
})

test('what the provider wants back is part of the message, under its name', () => {
  const toolCalls = [{ id: 'a', name: 'x', arguments: '{}', opaque: { thoughtSignature: 's' } }]
  const { message } = textOf({ text: 'Hi', toolCalls, opaque: { kept: 1 } }, END, deployment, 'req_1')
  expect(message).toEqual({
    role: 'assistant',
    content: 'Hi',
    toolCalls: [{ id: 'a', name: 'x', arguments: '{}', extraContent: { google: { thought_signature: 's' } } }],
    extraContent: { google: { kept: 1 } },
  })
})
