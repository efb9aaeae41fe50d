import type { Transport, TransportResponse } from 'turnout/src/core/adapter.ts'
import type { Media } from 'turnout/src/core/media.ts'
import { bedrock } from 'turnout/src/providers/bedrock.ts'
import { google } from 'turnout/src/providers/google.ts'
import { openai } from 'turnout/src/providers/openai.ts'
import { sagemaker } from 'turnout/src/providers/sagemaker.ts'
import { BASE64, callOf, jsonAnswer, type Painter } from '../pictures.ts'
import { AWS_CREDENTIAL, REGION, sign } from '../signing.ts'

/** Providers that write a picture into JSON. */

const pictureOf = (base64: string): Media => ({ bytes: Buffer.from(base64, 'base64'), mediaType: 'image/png' })

async function post(
  url: string,
  credential: Record<string, string>,
  request: object,
  transport: Transport,
  signal: AbortSignal,
): Promise<string> {
  const headers = { ...credential, 'content-type': 'application/json' }
  const response = await transport(url, { method: 'POST', headers, body: JSON.stringify(request), signal })
  return response.text()
}

async function postSigned(
  service: string,
  host: string,
  path: string,
  request: object,
  accept: [string, string][],
  transport: Transport,
  signal: AbortSignal,
): Promise<string> {
  const body = JSON.stringify(request)
  const headers = sign({ service, host, path, headers: [...accept, ['content-type', 'application/json']] }, body)
  const response: TransportResponse = await transport(`https://${host}${path}`, {
    method: 'POST',
    headers,
    body,
    signal,
  })
  return response.text()
}

const openaiCall = { ...callOf('gpt-image-bench'), aspectRatio: undefined, size: { width: 1536, height: 1024 } }
const OPENAI_REQUEST = { model: openaiCall.model, prompt: openaiCall.prompt, n: 1, size: '1536x1024' }
const OPENAI_ANSWER = {
  created: 1_760_000_000,
  data: [{ b64_json: BASE64 }],
  output_format: 'png',
  usage: { input_tokens: 20, output_tokens: 1_568, total_tokens: 1_588 },
}
const openaiPicture = (text: string): Media => pictureOf((JSON.parse(text) as typeof OPENAI_ANSWER).data[0]!.b64_json)

const openaiPainter: Painter = {
  name: 'openai: a picture in JSON',
  adapter: openai.image!,
  access: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', credential: 'sk-bench' },
  call: openaiCall,
  answer: () => OPENAI_TOLD,
  byHand: async (transport, signal) =>
    openaiPicture(
      await post(
        'https://api.openai.com/v1/images/generations',
        { authorization: 'Bearer sk-bench' },
        OPENAI_REQUEST,
        transport,
        signal,
      ),
    ),
}
const OPENAI_TOLD = jsonAnswer(OPENAI_ANSWER)

const googleCall = callOf('gemini-2.5-flash-image')
const GOOGLE_REQUEST = {
  contents: [{ role: 'user', parts: [{ text: googleCall.prompt }] }],
  generationConfig: { responseModalities: ['TEXT', 'IMAGE'], imageConfig: { aspectRatio: '16:9' } },
}
const GOOGLE_ANSWER = {
  candidates: [
    {
      content: { parts: [{ inlineData: { mimeType: 'image/png', data: BASE64 } }], role: 'model' },
      finishReason: 'STOP',
    },
  ],
  usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 1_290, totalTokenCount: 1_310 },
  responseId: 'bench',
}
const GOOGLE_TOLD = jsonAnswer(GOOGLE_ANSWER)

const googlePainter: Painter = {
  name: 'google: a picture in JSON',
  adapter: google.image!,
  access: {
    provider: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    credential: 'AIza-bench',
  },
  call: googleCall,
  answer: () => GOOGLE_TOLD,
  async byHand(transport, signal) {
    const url = `https://generativelanguage.googleapis.com/v1beta/models/${googleCall.model}:generateContent`
    const text = await post(url, { 'x-goog-api-key': 'AIza-bench' }, GOOGLE_REQUEST, transport, signal)
    return pictureOf((JSON.parse(text) as typeof GOOGLE_ANSWER).candidates[0]!.content.parts[0]!.inlineData.data)
  },
}

const BEDROCK_MODEL = 'stability.sd3-5-large-v1:0'
const BEDROCK_HOST = `bedrock-runtime.${REGION}.amazonaws.com`
const bedrockCall = callOf(BEDROCK_MODEL)
const BEDROCK_REQUEST = { prompt: bedrockCall.prompt, aspect_ratio: '16:9' }
const BEDROCK_ANSWER = { seeds: [42], finish_reasons: [null], images: [BASE64] }
const BEDROCK_TOLD = jsonAnswer(BEDROCK_ANSWER, { 'x-amzn-requestid': 'bench' })

const bedrockPainter: Painter = {
  name: 'bedrock, signed: a picture in JSON',
  adapter: bedrock.image!,
  access: { provider: 'bedrock', baseUrl: `https://${BEDROCK_HOST}`, credential: AWS_CREDENTIAL, region: REGION },
  call: bedrockCall,
  answer: () => BEDROCK_TOLD,
  async byHand(transport, signal) {
    const path = `/model/${encodeURIComponent(BEDROCK_MODEL)}/invoke`
    const text = await postSigned('bedrock', BEDROCK_HOST, path, BEDROCK_REQUEST, [], transport, signal)
    return pictureOf((JSON.parse(text) as typeof BEDROCK_ANSWER).images[0]!)
  },
}

const SAGEMAKER_HOST = `runtime.sagemaker.${REGION}.amazonaws.com`
const sagemakerCall = { ...callOf('bench-endpoint'), aspectRatio: undefined, size: { width: 1536, height: 1024 } }
const SAGEMAKER_REQUEST = { prompt: sagemakerCall.prompt, size: '1536x1024', n: 1, response_format: 'b64_json' }
const SAGEMAKER_TOLD = jsonAnswer(OPENAI_ANSWER, { 'x-amzn-requestid': 'bench' })

const sagemakerPainter: Painter = {
  name: 'sagemaker, signed: a picture in JSON',
  adapter: sagemaker.image!,
  access: { provider: 'sagemaker', baseUrl: `https://${SAGEMAKER_HOST}`, credential: AWS_CREDENTIAL, region: REGION },
  call: sagemakerCall,
  answer: () => SAGEMAKER_TOLD,
  byHand: async (transport, signal) =>
    openaiPicture(
      await postSigned(
        'sagemaker',
        SAGEMAKER_HOST,
        '/endpoints/bench-endpoint/invocations',
        SAGEMAKER_REQUEST,
        [],
        transport,
        signal,
      ),
    ),
}

export const base64Painters = [openaiPainter, googlePainter, bedrockPainter, sagemakerPainter]
