import type { Connection } from 'turnout/src/core/adapter.ts'
import type { TextCall } from 'turnout/src/core/text.ts'
import { sagemaker } from 'turnout/src/providers/sagemaker.ts'
import { frame, frameSplitter } from '../frames.ts'
import { readJson } from '../requests.ts'
import { AWS_CREDENTIAL, postSigned, REGION } from '../signing.ts'
import { splitter } from '../sse.ts'
import { callOf } from '../talk.ts'
import type { TextSpeaker } from '../text.ts'
import { OPENAI_ANSWER, OPENAI_EVENTS, openaiRequest, readChunks, readCompletion } from './openai.ts'

const send = (invocation: string, call: TextCall, connection: Connection, isStreamed: boolean) =>
  postSigned(
    'sagemaker',
    `/endpoints/${encodeURIComponent(call.model)}/${invocation}`,
    openaiRequest(call, '', isStreamed),
    connection,
  )

/** The events of the container, out of the frames of SageMaker. */
function frameAndSplit(): (bytes: Uint8Array) => string[] {
  const frames = frameSplitter()
  const split = splitter()
  return (bytes) =>
    frames(bytes).flatMap(({ kind, payload }) => {
      if (kind !== 'event') throw new Error(payload.toString())
      return split(payload)
    })
}

export const sagemakerSpeaker: TextSpeaker = {
  name: 'sagemaker, signed',
  adapter: sagemaker.text!,
  byHand: {
    generate: async (call, connection) =>
      readCompletion(await readJson(await send('invocations', call, connection, false))),
    stream: (call, connection) =>
      readChunks(send('invocations-response-stream', call, connection, true), frameAndSplit()),
  },
  access: {
    provider: 'sagemaker',
    baseUrl: `https://runtime.sagemaker.${REGION}.amazonaws.com`,
    credential: AWS_CREDENTIAL,
    region: REGION,
    // The gateway hands on the same record for every call.
    settings: {},
  },
  call: callOf('bench-endpoint'),
  headers: {
    whole: { 'content-type': 'application/json', 'x-amzn-requestid': 'bench' },
    streamed: { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': 'bench' },
  },
  answer: OPENAI_ANSWER,
  events: OPENAI_EVENTS.map((event) => frame('PayloadPart', 'application/octet-stream', event)),
}
