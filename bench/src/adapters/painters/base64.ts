import type { Media } from 'turnout/src/core/media.ts'
import { bedrock } from 'turnout/src/providers/bedrock.ts'
import { google } from 'turnout/src/providers/google.ts'
import { openai } from 'turnout/src/providers/openai.ts'
import { sagemaker } from 'turnout/src/providers/sagemaker.ts'
import { BASE64, callOf, jsonAnswer, type Painter } from '../pictures.ts'
import { postJson, readJson } from '../requests.ts'
import { AWS_CREDENTIAL, postSigned, REGION } from '../signing.ts'

/** Providers that write a picture into JSON. */

const pictureOf = (base64: string): Media => ({ bytes: Buffer.from(base64, 'base64'), mediaType: 'image/png' })

const OPENAI_ANSWER = {
  created: 1_760_000_000,
  data: [{ b64_json: BASE64 }],
  output_format: 'png',
  usage: { input_tokens: 20, output_tokens: 1_568, total_tokens: 1_588 },
}
const OPENAI_TOLD = jsonAnswer(OPENAI_ANSWER)
const openaiPicture = ({ data }: typeof OPENAI_ANSWER): Media => pictureOf(data[0]!.b64_json)

const openaiPainter: Painter = {
  name: 'openai: a picture in JSON',
  adapter: openai.image!,
  access: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', credential: 'sk-bench' },
  call: { ...callOf('gpt-image-bench'), aspectRatio: undefined, size: { width: 1536, height: 1024 } },
  answer: () => OPENAI_TOLD,
  async byHand({ model, prompt, count: n, size }, connection) {
    const url = `${connection.baseUrl}/images/generations`
    const request = { model, prompt, n, size: size && `${size.width}x${size.height}` }
    const credential = { authorization: `Bearer ${connection.credential}` }
    return openaiPicture(await readJson(await postJson(url, credential, request, connection)))
  },
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
  call: callOf('gemini-2.5-flash-image'),
  answer: () => GOOGLE_TOLD,
  async byHand({ model, prompt, aspectRatio }, connection) {
    const url = `${connection.baseUrl}/models/${model}:generateContent`
    const request = {
      contents: [{ role: 'user', parts: [{ text: prompt }] }],
      generationConfig: { responseModalities: ['TEXT', 'IMAGE'], imageConfig: { aspectRatio } },
    }
    const credential = { 'x-goog-api-key': connection.credential! }
    const { candidates } = await readJson<typeof GOOGLE_ANSWER>(await postJson(url, credential, request, connection))
    const { content, finishReason } = candidates[0]!
    // A picture that was withheld comes with a good status.
    const drawn = content.parts.find((part) => part.inlineData)
    if (!drawn) throw new Error(finishReason)
    return pictureOf(drawn.inlineData.data)
  },
}

const BEDROCK_ANSWER = { seeds: [42], finish_reasons: [null], images: [BASE64] }
const BEDROCK_TOLD = jsonAnswer(BEDROCK_ANSWER, { 'x-amzn-requestid': 'bench' })

const bedrockPainter: Painter = {
  name: 'bedrock, signed: a picture in JSON',
  adapter: bedrock.image!,
  access: {
    provider: 'bedrock',
    baseUrl: `https://bedrock-runtime.${REGION}.amazonaws.com`,
    credential: AWS_CREDENTIAL,
    region: REGION,
  },
  call: callOf('stability.sd3-5-large-v1:0'),
  answer: () => BEDROCK_TOLD,
  async byHand({ model, prompt, aspectRatio: aspect_ratio }, connection) {
    const path = `/model/${encodeURIComponent(model)}/invoke`
    const response = await postSigned('bedrock', path, { prompt, aspect_ratio }, connection)
    const { images, finish_reasons } = await readJson<typeof BEDROCK_ANSWER>(response)
    // A picture that was withheld comes with a good status.
    if (finish_reasons[0]) throw new Error(finish_reasons[0])
    return pictureOf(images[0]!)
  },
}

const SAGEMAKER_TOLD = jsonAnswer(OPENAI_ANSWER, { 'x-amzn-requestid': 'bench' })

const sagemakerPainter: Painter = {
  name: 'sagemaker, signed: a picture in JSON',
  adapter: sagemaker.image!,
  access: {
    provider: 'sagemaker',
    baseUrl: `https://runtime.sagemaker.${REGION}.amazonaws.com`,
    credential: AWS_CREDENTIAL,
    region: REGION,
    // The gateway hands on the same record for every call.
    settings: {},
  },
  call: { ...callOf('bench-endpoint'), aspectRatio: undefined, size: { width: 1536, height: 1024 } },
  answer: () => SAGEMAKER_TOLD,
  async byHand({ model, prompt, count: n, size }, connection) {
    const path = `/endpoints/${encodeURIComponent(model)}/invocations`
    const request = { prompt, size: size && `${size.width}x${size.height}`, n, response_format: 'b64_json' }
    return openaiPicture(await readJson(await postSigned('sagemaker', path, request, connection)))
  },
}

export const base64Painters = [openaiPainter, googlePainter, bedrockPainter, sagemakerPainter]
