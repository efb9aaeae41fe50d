import type { ChatMessage, ChatRequest } from '@turnout/contract'
import { toPictureUrl } from '../input/picture.ts'
import { isZodSchema, toJsonSchema } from '../input/schema.ts'
import type { GivenMessage, GivenText } from '../input/text.ts'

/** @throws TurnoutError invalid_input for a picture that is none */
function chatMessage(message: GivenMessage, param: string): ChatMessage {
  switch (message.role) {
    case 'system':
      return message
    case 'user': {
      const { content } = message
      if (typeof content === 'string') return { role: 'user', content }
      const parts = content.map((part, index) => {
        if (part.type === 'text') return part
        const url = toPictureUrl(part.image, `${param}.content[${index}].image`)
        return { type: 'image_url' as const, image_url: { url, ...(part.detail && { detail: part.detail }) } }
      })
      return { role: 'user', content: parts }
    }
    case 'assistant': {
      const { content, toolCalls = [], extraContent } = message
      const calls = toolCalls.map(({ id, name, arguments: written, extraContent: extra }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: written },
        ...(extra && { extra_content: extra }),
      }))
      return {
        role: 'assistant',
        content,
        ...(calls.length > 0 && { tool_calls: calls }),
        ...(extraContent && { extra_content: extraContent }),
      }
    }
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content }
  }
}

function responseFormat({ output }: GivenText): ChatRequest['response_format'] {
  if (output === undefined) return undefined
  if (output.type === 'json') return { type: 'json_object' }
  const { type: _, ...schema } = output
  return { type: 'json_schema', json_schema: schema }
}

function tools({ tools: given }: GivenText): ChatRequest['tools'] {
  return given?.map(({ parameters, ...tool }, index) => ({
    type: 'function' as const,
    function: {
      ...tool,
      ...(parameters && {
        parameters: isZodSchema(parameters) ? toJsonSchema(parameters, `tools[${index}].parameters`) : parameters,
      }),
    },
  }))
}

/**
 * A call as it would be in OpenAI's dialect, so that what the gateway checks,
 * maps and leaves out there holds here too. The model is filled in for each
 * deployment.
 *
 * @throws TurnoutError invalid_input
 */
export function chatRequest(call: GivenText, stream: boolean): ChatRequest {
  const { system, prompt, messages, toolChoice } = call
  return {
    model: '',
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      ...(prompt === undefined ? [] : [{ role: 'user' as const, content: prompt }]),
      ...(messages ?? []).map((message, index) => chatMessage(message, `messages[${index}]`)),
    ],
    stream,
    tools: tools(call),
    tool_choice:
      typeof toolChoice === 'object' ? { type: 'function', function: { name: toolChoice.name } } : toolChoice,
    parallel_tool_calls: call.parallelToolCalls,
    response_format: responseFormat(call),
    max_completion_tokens: call.maxTokens,
    temperature: call.temperature,
    top_p: call.topP,
    stop: call.stop,
    seed: call.seed,
    presence_penalty: call.presencePenalty,
    frequency_penalty: call.frequencyPenalty,
    reasoning_effort: call.reasoning,
    user: call.user,
  }
}
