import type { TextCall } from 'turnout/src/core/text.ts'

/** The conversation that all adapters are measured with: a system message, four others, two tools. */

export const SYSTEM =
  'You are a patient dispatcher. Answer in one short paragraph, name the platform first, and say when you are not sure.'

export const QUESTION =
  'I am at the junction with two bicycles and a child. Is there a train to the coast tonight that takes us all, and ' +
  'from which platform does it leave? We would rather wait an hour than change on the way, and we have no seats yet.'

export const ARGUMENTS = { to: 'the coast', after: '18:40', bicycles: 2, changes: 0 }
export const CALL_ID = 'call_Q2hvbyBjaG9vIQ'
export const RESULT =
  '{"trains":[{"number":"RE 4711","departure":"19:12","platform":"3","bicycles":"six places left","changes":0},' +
  '{"number":"IC 208","departure":"19:58","platform":"1","bicycles":"fully booked","changes":0}]}'

export const LAST = 'And if we miss that one, what then? Please book two places for the bicycles wherever you are sure.'

export const FIND = {
  name: 'find_trains',
  description: 'Finds the trains to a destination, with platform, changes and places for bicycles.',
  parameters: {
    type: 'object',
    properties: {
      to: { type: 'string', description: 'Destination' },
      after: { type: 'string', description: 'Earliest departure, such as 18:40' },
      bicycles: { type: 'integer', minimum: 0 },
      changes: { type: 'integer', minimum: 0, description: 'How many changes at most' },
    },
    required: ['to', 'after'],
  },
}

export const BOOK = {
  name: 'book_places',
  description: 'Books places for bicycles on a train.',
  parameters: {
    type: 'object',
    properties: { train: { type: 'string' }, places: { type: 'integer', minimum: 1, maximum: 6 } },
    required: ['train', 'places'],
  },
}

export const MAX_TOKENS = 1_000
export const TEMPERATURE = 0.7

/** The conversation as the gateway hands it to an adapter. */
export const callOf = (model: string): TextCall => ({
  model,
  messages: [
    { role: 'system', text: SYSTEM },
    { role: 'user', content: [{ type: 'text', text: QUESTION }] },
    {
      role: 'assistant',
      text: '',
      toolCalls: [{ id: CALL_ID, name: FIND.name, arguments: JSON.stringify(ARGUMENTS) }],
    },
    { role: 'tool', callId: CALL_ID, content: [{ type: 'text', text: RESULT }] },
    { role: 'user', content: [{ type: 'text', text: LAST }] },
  ],
  tools: [FIND, BOOK],
  maxTokens: MAX_TOKENS,
  temperature: TEMPERATURE,
})

/** An answer of about 700 characters, which with what belongs to it makes 1 KB. */
export const ANSWER =
  'Platform 3, at 19:12: the RE 4711 takes you to the coast without a change, and six places for bicycles are left. ' +
  'If you miss it, the IC 208 leaves from platform 1 at 19:58, but its places for bicycles are taken, so you would ' +
  'have to leave them here. I would rather not book on that one. Shall I book two places on the RE 4711 now? You do ' +
  'not need seats in it; with a child, the carriage behind the engine has a compartment with room for prams, and the ' +
  'bicycles go into the carriage at the other end. I am not sure whether the lift on platform 3 works this evening, ' +
  'so better come some minutes early and ask somebody in a red cap to help you with the stairs.'

export const INPUT_TOKENS = 412
export const OUTPUT_TOKENS = 201

/** The answer in as many deltas as it has words, over and over until there are enough of them. */
export function deltas(count: number): string[] {
  const words = ANSWER.match(/\S+\s*/g)!
  return Array.from({ length: count }, (_, i) => words[i % words.length]!)
}
