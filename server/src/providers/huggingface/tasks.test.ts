import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../core/media.ts'
import type { TextCall } from '../../core/text.ts'
import { huggingface } from '../huggingface.ts'
import { connectTo } from '../testing/connection.ts'
import { readWire, wireFolder } from '../testing/wire.ts'

/** Says what is wrong with the input of a task, by Hugging Face's own schema of it. */
function validatorOf(task: string): (input: unknown) => unknown {
  const path = `huggingface/packages/tasks/src/tasks/${task}/spec/input.json`
  // Neither the draft nor `nullable` beside a reference is known to the validator.
  const known = (key: string, value: unknown) => (key === '$schema' || key === 'nullable' ? undefined : value)
  const schema = JSON.parse(readWire(path), known) as Record<string, unknown>
  const parameters = Object.values((schema.$defs ?? {}) as Record<string, Record<string, unknown>>)
  // What a schema does not name is no parameter of the task.
  for (const definition of parameters)
    if (definition.title?.toString().endsWith('Parameters')) definition.additionalProperties = false
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema)
  return (input) => (validate(input) ? [] : validate.errors)
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const calls: fc.Arbitrary<ImageCall> = fc.record({
  model: fc.constant('a/b:hf-inference'),
  prompt: fc.string(),
  count: fc.constant(1),
  negativePrompt: maybe(fc.string()),
  size: maybe(fc.record({ width: fc.integer({ min: 1 }), height: fc.integer({ min: 1 }) })),
  seed: maybe(fc.nat()),
  guidanceScale: maybe(fc.double({ min: 0, max: 30, noNaN: true })),
  steps: maybe(fc.nat()),
  strength: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
  pictures: maybe(fc.constant([{ base64: 'iVBORw0KGgo=', mediaType: 'image/png' }])),
}) as fc.Arbitrary<ImageCall>

describe.skipIf(wireFolder() === undefined)('requests are what the schemas of the tasks say', () => {
  test('of pictures', async () => {
    const problems = { false: validatorOf('text-to-image'), true: validatorOf('image-to-image') }
    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        const connection = connectTo([{ headers: { 'content-type': 'image/png' }, body: 'x' }])
        await huggingface.image!.start(call, connection)
        expect(problems[`${call.pictures !== undefined}`](connection.lastJson())).toEqual([])
      }),
    )
  })

  test('of chat', async () => {
    const connection = connectTo([{ body: { choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] } }])
    const call: TextCall = {
      model: 'a/b',
      messages: [
        { role: 'system', text: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is this?' },
            { type: 'image', picture: { base64: 'iVBORw0KGgo=', mediaType: 'image/png' } },
          ],
        },
        { role: 'assistant', text: '', toolCalls: [{ id: 'c1', name: 'look', arguments: '{}' }] },
        { role: 'tool', callId: 'c1', content: [{ type: 'text', text: 'a fox' }] },
      ],
      tools: [{ name: 'look', description: 'looks', parameters: { type: 'object', properties: {} } }],
      toolChoice: 'auto',
      output: { type: 'schema', name: 'thing', schema: { type: 'object' } },
      maxTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      stop: ['x'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.1,
    }
    await huggingface.text!.generate(call, connection)
    expect(validatorOf('chat-completion')(connection.lastJson())).toEqual([])
  })
})
