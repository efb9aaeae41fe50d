import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import { sagemaker } from '../sagemaker.ts'
import { KEYS } from '../shared/aws/testing.ts'
import { BotocoreValidator } from '../testing/botocore.ts'
import { collect, connectTo, type Sent } from '../testing/connection.ts'
import { readWire, wireFolder } from '../testing/wire.ts'

const name = fc.stringMatching(/^[a-zA-Z0-9](-?[a-zA-Z0-9]){0,20}$/)
const settings = fc.record(
  {
    route: fc.constantFrom('/v1/images/generations', '/v1/x'),
    accept: fc.constantFrom('image/png', '*/*'),
    targetVariant: name,
    targetContainerHostname: name,
    inferenceComponent: name,
    sessionId: name,
    customAttributes: fc.stringMatching(/^[ -~]{1,40}$/),
    outputPathExtension: fc.constant('a/b'),
    requestTtlSeconds: fc.integer({ min: 60, max: 21_600 }),
    invocationTimeoutSeconds: fc.integer({ min: 1, max: 3_600 }),
    mode: fc.constantFrom('sync', 'async'),
    contentType: fc.constantFrom('application/json', 'multipart/form-data'),
  },
  { requiredKeys: [] },
)

const picture = fc.constant({ base64: 'AAAA', mediaType: 'image/png' })
const size = fc.record({ width: fc.integer({ min: 16, max: 2000 }), height: fc.integer({ min: 16, max: 2000 }) })
const common = {
  model: name,
  prompt: fc.string({ unit: 'grapheme' }),
  negativePrompt: fc.string(),
  size,
  aspectRatio: fc.constantFrom('1:1', '16:9', '9:21'),
  seed: fc.nat(),
  pictures: fc.array(picture, { maxLength: 2 }),
  inputs: fc.dictionary(fc.stringMatching(/^[a-z_]{1,9}$/), fc.jsonValue({ maxDepth: 1 })),
}
const imageCall: fc.Arbitrary<ImageCall> = fc.record(
  { ...common, count: fc.integer({ min: 1, max: 10 }), steps: fc.nat(), strength: fc.double({ noNaN: true }) },
  { requiredKeys: ['model', 'prompt', 'count'] },
)
const videoCall: fc.Arbitrary<VideoCall> = fc.record(
  { ...common, seconds: fc.nat(60), framesPerSecond: fc.nat(60), resolution: fc.constantFrom('480p', '4k', 'high') },
  { requiredKeys: ['model', 'prompt'] },
)

const OPERATIONS: Readonly<Record<string, string>> = {
  invocations: 'InvokeEndpoint',
  'async-invocations': 'InvokeEndpointAsync',
  'invocations-response-stream': 'InvokeEndpointWithResponseStream',
}

describe.skipIf(wireFolder() === undefined)('requests to SageMaker (skipped without the wire folder)', () => {
  test('any call is valid', async () => {
    const service = new BotocoreValidator(readWire('aws/sagemaker-runtime_2017-05-13.service-2.json'))
    const check = ({ method = 'GET', url, headers = {}, body }: Sent) =>
      expect(service.problems(OPERATIONS[url.split('/').at(-1)!]!, { method, url, headers, body })).toEqual([])
    await fc.assert(
      fc.asyncProperty(imageCall, videoCall, settings, async (image, video, given) => {
        const connection = connectTo(
          () => ({
            body: { data: [{ b64_json: 'AAAA' }] },
            headers: { 'x-amzn-sagemaker-outputlocation': 's3://a-b/c' },
          }),
          { credential: KEYS, region: 'eu-west-1', settings: given },
        )
        await sagemaker.image!.start(image, connection)
        await sagemaker.video!.start(video, connection).catch((error: Error) => {
          // The script answers JSON where a synchronous call for a video awaits bytes.
          if (given.mode !== 'sync') throw error
        })
        const { mode: _mode, contentType: _type, ...ofText } = given
        const text = { ...connection, settings: ofText }
        const call = { model: image.model, messages: [] }
        await sagemaker.text!.generate(call, text).catch(() => undefined)
        await collect(sagemaker.text!.stream(call, text)).catch(() => undefined)
        expect(connection.sent).toHaveLength(4)
        connection.sent.forEach(check)
      }),
      { numRuns: 100 },
    )
  })
})
