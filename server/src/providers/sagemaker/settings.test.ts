import { describe, expect, test } from 'vitest'
import { sagemaker } from '../sagemaker.ts'
import { KEYS } from '../shared/aws/testing.ts'
import { connectTo } from '../testing/connection.ts'
import { fill, variablesOf } from './template.ts'

const connect = (settings: Record<string, unknown>) =>
  connectTo([], { provider: 'sagemaker', credential: KEYS, region: 'eu-west-1', settings })

describe('settings', () => {
  test.each([
    [{ preset: 'triton' }, 'settings.preset'],
    [{ route: 'v1/images' }, 'settings.route'],
    [{ response: { kind: 'xml' } }, 'settings.response.kind'],
    [{ body: 'text' }, 'settings.body'],
    [{ inputLocation: 'https://bucket/x' }, 'settings.inputLocation'],
    [{ inputLocation: 's3://b/x' }, 'settings.inputLocation'],
    [{ targetVariant: 'a b' }, 'settings.targetVariant'],
    [{ requestTtlSeconds: 5 }, 'settings.requestTtlSeconds'],
    [{ customAttributes: 'a\nb' }, 'settings.customAttributes'],
    [{ s3Endpoint: 'file:///x' }, 'settings.s3Endpoint'],
  ])('%j is refused by name', async (settings, param) => {
    const start = sagemaker.image!.start({ model: 'e', prompt: 'a', count: 1 }, connect(settings))
    await expect(start).rejects.toMatchObject({
      code: 'invalid_input',
      delivered: false,
      param,
      message: expect.stringContaining(param) as string,
    })
  })

  test('one that is not known is refused, so that a slip of the pen is seen', async () => {
    const start = sagemaker.image!.start({ model: 'e', prompt: 'a', count: 1 }, connect({ rout: '/x' }))
    await expect(start).rejects.toMatchObject({ message: expect.stringContaining('settings.rout: is not a') as string })
  })

  test.each([
    ['image', { preset: 'openai-chat' }],
    ['text', { preset: 'vllm-omni-image' }],
  ])('a preset for something else than %s', async (kind, settings) => {
    const call = { model: 'e', prompt: 'a', count: 1, messages: [] }
    const asked =
      kind === 'text'
        ? sagemaker.text!.generate(call, connect(settings))
        : sagemaker.image!.start(call, connect(settings))
    await expect(asked).rejects.toMatchObject({ code: 'invalid_input', param: 'settings.preset' })
  })
})

describe('a template', () => {
  const template = {
    inputs: '{{prompt}}',
    text: 'seed {{ seed }} of {{prompt}}',
    gone: '{{absent}}',
    goneToo: 'a {{absent}}',
    deep: { width: '{{width}}', list: ['{{absent}}', '{{width}}', 3], flag: true, nothing: null },
  }

  test('keeps the types of what it names, and leaves out what is absent', () => {
    expect(fill(template, { prompt: 'a "fox" {{seed}}', seed: 7, width: 512 })).toEqual({
      inputs: 'a "fox" {{seed}}',
      text: 'seed 7 of a "fox" {{seed}}',
      deep: { width: 512, list: [512, 3], flag: true, nothing: null },
    })
  })

  test('tells what it names', () => {
    expect([...variablesOf(template)].sort()).toEqual(['absent', 'prompt', 'seed', 'width'])
  })
})
