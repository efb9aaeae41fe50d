interface Completion {
  id?: unknown
  choices: {
    index?: number
    message?: ({ role?: string; tool_calls?: object[] | null } & Record<string, unknown>) | null
    finish_reason?: string | null
    logprobs?: unknown
  }[]
  usage?: unknown
  turnout?: unknown
}

/**
 * A whole `chat.completion` as the events of its stream: each choice with its
 * role, all that it says in one chunk, its finish reason, and usage in a chunk
 * of its own where it is asked for. The end marker is not part of it.
 *
 * @param turnout What Turnout has to say, for the chunk that ends the last choice.
 */
export function completionEvents(body: Buffer, includeUsage: boolean, turnout: object | undefined): string {
  const completion = JSON.parse(body.toString('utf8')) as Completion
  const { choices, usage, turnout: told, ...head } = completion
  const event = (part: object) => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...part })}\n\n`
  const chunk = (index: number, delta: object, finish_reason: string | null, more: object = {}) =>
    event({ choices: [{ index, delta, ...more, finish_reason }] })
  const said = turnout || told ? { turnout: { ...(told as object | undefined), ...turnout } } : {}
  const events = choices.flatMap((choice, place) => {
    const { index = place, message, finish_reason = 'stop', logprobs } = choice
    const { role = 'assistant', tool_calls, ...rest } = message ?? {}
    const calls = tool_calls?.map((call, at) => ({ index: at, ...call }))
    const delta = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined))
    const last = { choices: [{ index, delta: {}, finish_reason }], ...(place === choices.length - 1 ? said : {}) }
    return [
      chunk(index, { role, content: '' }, null),
      chunk(index, { ...delta, ...(calls?.length && { tool_calls: calls }) }, null, logprobs ? { logprobs } : {}),
      event(last),
    ]
  })
  if (includeUsage && usage) events.push(event({ choices: [], usage }))
  return events.join('')
}
