import type { Connection, ImageAdapter } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, MediaDone } from '../../core/media.ts'
import { awsRequestId } from '../shared/aws/call.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput } from '../shared/failure.ts'
import { callModel } from './door.ts'
import { novaCanvasWire } from './nova-canvas.ts'
import { stabilityWire } from './stability.ts'

type Json = Readonly<Record<string, unknown>>

export interface ImageAnswer {
  pictures: { base64: string; seed?: number | undefined }[]
  mediaType: string
  warnings: string[]
}

/** What one maker's models take and answer through InvokeModel. */
export interface ImageWire {
  /** @throws TurnoutError invalid_input */
  request(call: ImageCall, provider: string): { body: Json; warnings: string[] }
  /** @throws TurnoutError for a good status without a picture that says why */
  read(answer: Json, body: Json, provider: string, requestId: string | undefined): ImageAnswer
}

function wireOf({ model }: ImageCall, provider: string): ImageWire {
  if (/stability\./.test(model)) return stabilityWire
  if (/amazon\.nova-canvas/.test(model)) return novaCanvasWire
  throw new TurnoutError('capability_missing', `${provider} has no pictures by ${model} that Turnout could ask for.`, {
    provider,
    param: 'model',
    delivered: false,
  })
}

async function start(call: ImageCall, connection: Connection): Promise<MediaDone> {
  const { provider } = connection
  const wire = wireOf(call, provider)
  const { body, warnings } = wire.request(call, provider)
  const response = await callModel('invoke', call.model, body, connection)
  const upstreamRequestId = awsRequestId(response)
  const answer = await readObject(response, provider)
  const { pictures, mediaType, warnings: told } = wire.read(answer, body, provider, upstreamRequestId)
  if (pictures.length === 0) throw invalidOutput(provider, 'answered without a picture', response, false)
  return {
    status: 'done',
    media: pictures.map(({ base64, seed }) => ({ bytes: Buffer.from(base64, 'base64'), mediaType, seed })),
    usage: { images: pictures.length },
    warnings: [...warnings, ...told],
    upstreamRequestId,
  }
}

/** Pictures, which Bedrock answers at once. */
export const bedrockImage: ImageAdapter = { links: false, start }
