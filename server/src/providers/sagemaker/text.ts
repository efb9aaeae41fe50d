import type { Connection, TextAdapter, Transport, TransportResponse } from '../../core/adapter.ts'
import type { TextCall } from '../../core/text.ts'
import type { AwsMessage } from '../shared/aws/event-frames.ts'
import { awsMessages } from '../shared/aws/event-stream.ts'
import { openAIText } from '../shared/openai-text.ts'
import { sagemakerError } from './errors.ts'
import { type Invocation, invoke } from './invoke.ts'
import { badSetting, readSettings, type SagemakerSettings } from './settings.ts'

function failure(message: AwsMessage, { status, headers }: TransportResponse, connection: Connection) {
  const body = message.message === undefined ? message.body.toString() : JSON.stringify(message)
  return sagemakerError(connection)(status, { ...headers, 'x-amzn-errortype': message.name }, body, connection.provider)
}

/** Whether the answer is whole, and so when to cut its connection, is known to whoever reads these bytes. */
const whenAsked = { isComplete: () => false, cut: () => {} }

/** What the container itself sends, out of the events that SageMaker packs it into. */
async function* payload(response: TransportResponse, connection: Connection): AsyncIterable<Uint8Array> {
  const { isComplete, cut } = whenAsked
  for await (const messages of awsMessages({ response, cut }, isComplete, connection.provider)) {
    // What came together goes on together: every piece costs its readers promises.
    const failed = messages.findIndex(({ kind }) => kind !== 'event')
    const good = failed === -1 ? messages : messages.slice(0, failed)
    const parts = good.filter(({ name }) => name === 'PayloadPart')
    if (parts.length > 0) yield parts.length === 1 ? parts[0]!.body : Buffer.concat(parts.map(({ body }) => body))
    if (failed !== -1) throw failure(messages[failed]!, response, connection)
  }
}

/** The endpoint as a server of OpenAI's protocol: whatever is asked goes through its one door. */
function throughEndpoint(
  invocation: Exclude<Invocation, 'async-invocations'>,
  endpoint: string,
  settings: SagemakerSettings,
  connection: Connection,
): Transport {
  return async (_url, { body = '', signal = connection.signal }) => {
    const request = { contentType: 'application/json', body: body as string }
    const response = await invoke(invocation, endpoint, request, settings, { ...connection, signal })
    const id = response.headers['x-amzn-requestid']
    const headers = { ...response.headers, ...(id !== undefined && { 'x-request-id': id }) }
    if (invocation === 'invocations') return { ...response, headers }
    return { ...response, headers, body: payload(response, connection) }
  }
}

function enter(
  invocation: Exclude<Invocation, 'async-invocations'>,
  call: TextCall,
  connection: Connection,
): [TextCall, Connection] {
  const settings = readSettings(connection)
  if (settings.preset !== undefined && settings.preset !== 'openai-chat')
    throw badSetting(connection.provider, 'preset', 'must be openai-chat for text')
  const transport = throughEndpoint(invocation, call.model, settings, connection)
  // The containers of vLLM and its like have one model, and take an empty name for it.
  const named = { ...call, model: settings.model ?? '' }
  return [named, { ...connection, credential: undefined, headers: {}, transport }]
}

/** Text by a container that speaks OpenAI's chat completions, as vLLM, LMI and TGI do. */
export const sagemakerText: TextAdapter = {
  links: false,
  async generate(call, connection) {
    return openAIText.generate(...enter('invocations', call, connection))
  },
  // Entered when it is read, so that a bad setting is a failure of the stream like any other.
  stream: (call, connection) => ({
    [Symbol.asyncIterator]: () =>
      openAIText.stream(...enter('invocations-response-stream', call, connection))[Symbol.asyncIterator](),
  }),
}
