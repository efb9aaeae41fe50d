import { randomUUID } from 'node:crypto'
import { headerOf } from '../http/credentials.ts'
import { AT_ONCE, LINKED, SUBMITTED } from '../media/answers.ts'
import { readSource, type Source } from '../media/inputs.ts'
import { checkShape } from '../shape.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { signedError } from './errors.ts'
import { ACTIONS, type Action } from './fields.ts'
import { type Code, draw, findJob, freeSize, pollJob, submitJob, type Wanted } from './jobs.ts'
import { readSignature } from './signature.ts'

/** Tencent's own words for the codes: waiting, at work, failed, done. */
const WORDS: Readonly<Record<Code, string>> = { 1: '等待中', 2: '运行中', 4: '处理失败', 5: '处理完成' }

const said = (fields: JsonObject): JsonObject => ({ Response: { ...fields, RequestId: randomUUID() } })

function readPicture({ ContentImage: content, Images: images }: JsonObject): Source | undefined {
  const { ImageUrl: url, ImageBase64: base64 } = (content ?? {}) as { ImageUrl?: string; ImageBase64?: string }
  const given = url ?? base64 ?? (images as string[] | undefined)?.[0]
  if (given === undefined) return undefined
  const source = readSource(given, ['url', 'base64'])
  if (!source) throw signedError('FailedOperation.ImageDecodeFailed', 'The image could not be decoded.')
  return source
}

function read({ model, service }: Action, body: JsonObject): Wanted {
  const {
    Prompt: prompt,
    Num: count = 1,
    Resolution: size,
  } = body as { Prompt: string; Num?: number; Resolution?: string }
  const [width = 1024, height = 1024] = (size ?? '1024:1024').split(':').map(Number)
  if (service === 'aiart' && !freeSize(size)) {
    throw signedError('InvalidParameterValue', 'The value of the parameter `Resolution` is not allowed.')
  }
  return { model, prompt, count, width, height, source: readPicture(body) }
}

function submit(action: Action, body: JsonObject, world: World): Answer {
  const wanted = read(action, body)
  return {
    ...AT_ONCE,
    model: action.model,
    charge: { model: action.model, images: wanted.count },
    fates: SUBMITTED,
    body: (fate) => said({ JobId: submitJob(wanted, fate, world) }),
  }
}

function query(action: Action, call: Call, world: World): Answer {
  const task = findJob(call.json?.JobId, world)
  if (!task) throw signedError('FailedOperation.JobNotExist', 'The job does not exist.')
  return {
    ...AT_ONCE,
    model: action.model,
    body: () => {
      const { code, urls, error } = pollJob(task, call, world)
      return said({
        JobStatusCode: code,
        JobStatusMsg: WORDS[code],
        JobErrorCode: error?.code ?? '',
        JobErrorMsg: error?.message ?? '',
        ResultImage: urls,
        ResultDetails: urls.map(() => 'Success'),
        RevisedPrompt: urls.map(() => task.work.wanted.prompt),
      })
    },
  }
}

function drawAtOnce(action: Action, body: JsonObject, { origin }: Call, world: World): Answer {
  const wanted = read(action, body)
  return {
    ...AT_ONCE,
    model: action.model,
    charge: { model: action.model, images: 1 },
    fates: LINKED,
    firstDelayMs: world.delays.imageDelayMs,
    body: async (fate) => {
      if (fate?.kind === 'moderated') {
        throw signedError('OperationDenied.TextIllegalDetected', 'The text did not pass the content check.')
      }
      if (body.RspImgType === 'url') {
        return said({ ResultImage: world.files.publish(origin, 'png', () => draw(wanted, 0), fate) })
      }
      return said({ ResultImage: (await draw(wanted, 0)).data.toString('base64') })
    },
  }
}

/** `POST /` with `X-TC-Action`. */
export function act(call: Call, world: World): Answer {
  const name = headerOf(call.headers, 'x-tc-action') ?? ''
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (!action) throw signedError('InvalidAction', `The action ${name} is invalid or not found.`)
  const version = headerOf(call.headers, 'x-tc-version')
  if (version !== action.version) throw signedError('NoSuchVersion', `The action has no version ${version ?? ''}.`)
  const service = readSignature(call.headers.authorization)?.service
  if (service !== action.service) {
    throw signedError('AuthFailure.SignatureFailure', `The service of the signature must be ${action.service}.`)
  }
  if (headerOf(call.headers, 'x-tc-region') === undefined) {
    throw signedError('MissingParameter', 'The request is missing a required parameter `Region`.')
  }
  const body = call.json ?? {}
  checkShape(action.fields, body)
  if (action.does === 'query') return query(action, call, world)
  return action.does === 'submit' ? submit(action, body, world) : drawAtOnce(action, body, call, world)
}
