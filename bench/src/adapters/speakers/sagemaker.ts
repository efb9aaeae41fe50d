import type { Transport } from 'turnout/src/core/adapter.ts'
import { sagemaker } from 'turnout/src/providers/sagemaker.ts'
import { frame, frameSplitter } from '../frames.ts'
import type { Access } from '../memory.ts'
import { AWS_CREDENTIAL, REGION, sign } from '../signing.ts'
import { splitter } from '../sse.ts'
import { callOf } from '../talk.ts'
import type { TextSpeaker } from '../text.ts'
import { OPENAI_ANSWER, OPENAI_EVENTS, openaiRequest, readChunks, readCompletion } from './openai.ts'

const ENDPOINT = 'bench-endpoint'
const HOST = `runtime.sagemaker.${REGION}.amazonaws.com`

const access: Access = {
  provider: 'sagemaker',
  baseUrl: `https://${HOST}`,
  credential: AWS_CREDENTIAL,
  region: REGION,
  // The gateway hands on the same record for every call.
  settings: {},
}

const REQUEST = openaiRequest('')
const STREAMED = { ...REQUEST, stream: true, stream_options: { include_usage: true } }

function send(invocation: string, request: object, transport: Transport, signal: AbortSignal) {
  const path = `/endpoints/${ENDPOINT}/${invocation}`
  const body = JSON.stringify(request)
  const headers = sign(
    { service: 'sagemaker', host: HOST, path, headers: [['content-type', 'application/json']] },
    body,
  )
  return transport(`https://${HOST}${path}`, { method: 'POST', headers, body, signal })
}

/** The events of the container, out of the frames of SageMaker. */
function frameAndSplit(): (bytes: Uint8Array) => string[] {
  const frames = frameSplitter()
  const split = splitter()
  return (bytes) => frames(bytes).flatMap(({ payload }) => split(payload))
}

export const sagemakerSpeaker: TextSpeaker = {
  name: 'sagemaker, signed',
  adapter: sagemaker.text!,
  access,
  call: callOf(ENDPOINT),
  headers: {
    whole: { 'content-type': 'application/json', 'x-amzn-requestid': 'bench' },
    streamed: { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': 'bench' },
  },
  answer: OPENAI_ANSWER,
  events: OPENAI_EVENTS.map((event) => frame('PayloadPart', 'application/octet-stream', event)),
  generate: async (transport, signal) =>
    readCompletion(await (await send('invocations', REQUEST, transport, signal)).text()),
  stream: (transport, signal) =>
    readChunks(send('invocations-response-stream', STREAMED, transport, signal), frameAndSplit()),
}
