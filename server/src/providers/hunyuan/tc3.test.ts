import fc from 'fast-check'
import official3 from 'tencentcloud-sdk-nodejs-common/tencentcloud/common/sign.js'
import { expect, test } from 'vitest'
import { signTc3 } from './tc3.ts'

interface Sign {
  sign3(options: object): string
}

const CONTENT_TYPE = 'application/json; charset=utf-8'

/** The signature of Tencent's own SDK. */
const official = (body: object, timestamp: number, host: string, service: string, id: string, key: string): string =>
  // vitest and Node disagree on how deep the default of a CommonJS module lies.
  ((official3 as unknown as { default?: Sign }).default ?? (official3 as unknown as Sign)).sign3({
    method: 'POST',
    url: `https://${host}/`,
    payload: body,
    timestamp,
    service,
    secretId: id,
    secretKey: key,
    headers: { 'Content-Type': CONTENT_TYPE },
  })

test('signs as the official SDK does', () => {
  const prompt = fc.string({ unit: 'grapheme' })
  const seconds = fc.integer({ min: 1_500_000_000, max: 2_000_000_000 })
  const service = fc.constantFrom('hunyuan', 'aiart')
  fc.assert(
    fc.property(prompt, seconds, service, fc.stringMatching(/^[A-Za-z0-9]{16,36}$/), (Prompt, at, product, key) => {
      const body = { Prompt, Num: 1 }
      const host = `${product}.tencentcloudapi.com`
      const headers = signTc3(
        { id: 'AKIDexample', key },
        {
          host,
          service: product,
          action: 'SubmitHunyuanImageJob',
          version: '2023-09-01',
          region: 'ap-guangzhou',
          body: JSON.stringify(body),
          at: at * 1000 + 999,
        },
      )
      expect(headers.authorization).toBe(official(body, at, host, product, 'AKIDexample', key))
      expect(headers['x-tc-timestamp']).toBe(String(at))
    }),
  )
})
