import { type Random, randomFrom } from '../random.ts'
import { type Topic, topicOf } from './topic.ts'

const OPENINGS = [
  'You asked about {a}, and there is a clear way to look at it.',
  'Here is a short answer on {a}.',
  '{A} is easiest to understand from a concrete case.',
  'Let us take {a} one step at a time.',
  'There is more to {a} than it seems at first.',
]

const MIDDLES = [
  'The part that matters most is {b}, because everything else depends on it.',
  'In practice, {a} and {b} are best considered together.',
  'A good first step is to write down what you already know about {b}.',
  'Small changes to {a} often have a large effect later.',
  'Most people begin with {b} and only then turn to {c}.',
  'It helps to keep {c} simple until the need for more is plain.',
  'Compare two or three examples of {a} before you decide.',
  'When {b} is uncertain, measure it rather than guess.',
  'The usual mistake is to treat {c} as an afterthought.',
  'Experience shows that {b} rewards patience.',
  'One detail is often missed: {c} sets the limit for {a}.',
]

const CLOSINGS = [
  'With that in mind, {a} should hold no surprises.',
  'If you tell me more about {b}, I can be more specific.',
  'That is the essence; the rest is a matter of taste.',
  'From here, the next step is to try it with {b}.',
  'In short: start with {a}, and let {c} follow.',
]

export interface TextRequest {
  /** Everything that makes the answer what it is: model, messages, seed, number of the choice. */
  seed: string
  prompt: string
  /** Results of tools that the answer must use, newest last. */
  toolResults: readonly { name: string; text: string }[]
  pictures: number
  verbosity: string
}

function fill(sentence: string, topic: Topic, random: Random): string {
  const a = topic.words[0] ?? ''
  const others = topic.words.slice(1, 12)
  const b = others.length > 0 ? random.pick(others) : 'the context'
  const rest = others.filter((word) => word !== b)
  const c = rest.length > 0 ? random.pick(rest) : 'the detail'
  return sentence
    .replaceAll('{a}', () => a)
    .replaceAll('{A}', () => `${a.charAt(0).toUpperCase()}${a.slice(1)}`)
    .replaceAll('{b}', () => b)
    .replaceAll('{c}', () => c)
}

/** A tool's result as words: `{"city":"Paris","celsius":18}` becomes "city is Paris, celsius is 18". */
function inWords(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value)
        .map(([key, item]) => `${key} is ${typeof item === 'string' ? item : JSON.stringify(item)}`)
        .join(', ')
    }
  } catch {
    // A result that is not JSON is quoted as it is.
  }
  return text.trim().slice(0, 2_000)
}

function middleCount(request: TextRequest, random: Random): number {
  if (request.verbosity === 'low') return 1
  return random.int(3, 5) + (request.verbosity === 'high' ? 6 : 0)
}

/**
 * A few sensible English sentences about the prompt; the same request always
 * gives the same text. A prompt that asks for a number of words gets that many.
 */
export function generateText(request: TextRequest): string {
  const random = randomFrom(request.seed)
  const topic = topicOf(request.prompt)
  const sentences: string[] = []
  for (const result of request.toolResults) {
    sentences.push(`According to ${result.name}, ${inWords(result.text) || 'there is nothing to report'}.`)
  }
  if (request.pictures > 0) {
    sentences.push(
      request.pictures === 1 ? 'I looked at the picture.' : `I looked at all ${request.pictures} pictures.`,
    )
  }
  if (request.toolResults.length === 0) sentences.push(fill(random.pick(OPENINGS), topic, random))
  if (topic.quote !== '' && random.float() < 0.6) sentences.push(`You wrote: “${topic.quote}”.`)
  const wanted = topic.askedWords
  const middles = wanted === undefined ? middleCount(request, random) : Math.min(Math.ceil(wanted / 5), 4_000)
  let unused: string[] = []
  for (let count = 0; count < middles; count++) {
    if (unused.length === 0) unused = [...MIDDLES]
    const sentence = random.pick(unused)
    unused = unused.filter((other) => other !== sentence)
    sentences.push(fill(sentence, topic, random))
  }
  sentences.push(fill(random.pick(CLOSINGS), topic, random))
  const text = sentences.join(' ')
  return wanted === undefined
    ? text
    : `${text
        .split(' ')
        .slice(0, Math.max(wanted, 1))
        .join(' ')
        .replace(/[.,:;]$/, '')}.`
}

/** A JSON object about the prompt, for `response_format` of type json_object. */
export function generateObject(seed: string, prompt: string): Record<string, unknown> {
  const random = randomFrom(seed)
  const topic = topicOf(prompt)
  return {
    topic: topic.words[0],
    summary: fill(random.pick(MIDDLES), topic, random),
    keywords: topic.words.slice(0, 5),
    confidence: random.int(50, 99) / 100,
  }
}
