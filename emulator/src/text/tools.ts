import { randomFrom } from '../random.ts'
import type { JsonObject } from '../types.ts'
import { generateValue } from './schema.ts'
import { type Topic, topicOf } from './topic.ts'

export interface Tool {
  name: string
  description: string
  parameters: JsonObject
}

export interface ToolCall {
  name: string
  /** JSON, as the model writes it. */
  arguments: string
}

const MAX_PARALLEL = 4

const stem = (word: string): string => word.replace(/(ing|es|s|ed)$/, '')

/** How many of the prompt's telling words the tool speaks of; its name counts double. */
function fit(tool: Tool, topic: Topic): number {
  const inName = new Set(
    tool.name
      .toLowerCase()
      .split(/[_-]|(?<=[a-z])(?=[A-Z])/)
      .map(stem),
  )
  const inRest = new Set(
    `${tool.description} ${JSON.stringify(tool.parameters.properties ?? {})}`
      .toLowerCase()
      .match(/[a-z]{3,}/g)
      ?.map(stem) ?? [],
  )
  let score = 0
  for (const word of topic.words.map(stem)) score += inName.has(word) ? 2 : inRest.has(word) ? 1 : 0
  return score
}

function call(tool: Tool, seed: string, prompt: string, topic: Topic): ToolCall {
  const random = randomFrom(`${seed}:${tool.name}`)
  return { name: tool.name, arguments: JSON.stringify(generateValue(tool.parameters, { random, topic, prompt })) }
}

/**
 * The calls that a model would make: the most fitting tool, and with `parallel`
 * every other tool whose name or description the prompt touches, or one call
 * for each name that the prompt lists.
 */
export function chooseCalls(tools: readonly Tool[], prompt: string, seed: string, parallel: boolean): ToolCall[] {
  const topic = topicOf(prompt)
  const ranked = tools.map((tool) => ({ tool, score: fit(tool, topic) })).sort((one, other) => other.score - one.score)
  const best = ranked[0]?.tool
  if (!best) return []
  if (!parallel) return [call(best, seed, prompt, topic)]
  // A tool named by two words of the prompt is meant; one shared word is chance.
  const fitting = ranked.filter(({ tool, score }) => tool === best || score >= 2).slice(0, MAX_PARALLEL)
  if (fitting.length > 1 || topic.names.length < 2) {
    return fitting.map(({ tool }) => call(tool, seed, prompt, topic))
  }
  return topic.names
    .slice(0, MAX_PARALLEL)
    .map((name) => call(best, `${seed}:${name}`, prompt, { ...topic, names: [name] }))
}
