import { describe, expect, test } from 'vitest'
import { describeEmbed } from './embed.ts'
import { describeErrors } from './errors.ts'
import { describeMedia } from './media.ts'
import { describeSettings } from './settings.ts'
import type { Subject } from './subject.ts'
import { describeText } from './text.ts'
import { describeTrouble } from './trouble.ts'
import { failureOf, openWorld, type World } from './world.ts'

function describeModels({ adapter, wrong = 'wrong-credential-0815' }: Subject, world: World): void {
  test('lists its models, free of charge', async () => {
    const models = await adapter.listModels!(world.connect())
    expect(models.length).toBeGreaterThan(0)
    expect(models.every(({ id }) => id.length > 0)).toBe(true)
    expect(world.emulator.bill().calls).toBe(0)
  })

  test('lists nothing for a wrong credential', async () => {
    const error = await failureOf(adapter.listModels!(world.connect({ credential: wrong })))
    expect(error).toMatchObject({ code: 'authentication' })
  })
}

function describeCheck({ adapter, wrong = 'wrong-credential-0815' }: Subject, world: World): void {
  test('says whether it takes the credential, free of charge', async () => {
    await adapter.check!(world.connect())
    expect(world.emulator.requests()).toMatchObject([{ authorized: true, method: 'GET' }])
    expect(world.emulator.bill().calls).toBe(0)
    const error = await failureOf(adapter.check!(world.connect({ credential: wrong })))
    expect(error).toMatchObject({ code: 'authentication' })
  })
}

const KINDS = ['text', 'image', 'video', 'embed'] as const

/**
 * The one suite of all providers: how an adapter behaves over HTTP, in good
 * times and in bad. What a provider brings is data.
 */
export function describeProvider(subject: Subject): void {
  const { adapter, text, image, video, embed, unlisted, elsewhere = [] } = subject
  describe(subject.name, () => {
    const world = openWorld(subject)
    test('every capability of the adapter is in the suite, or somewhere else for a reason', () => {
      const has = KINDS.filter((kind) => adapter[kind] !== undefined)
      expect(has).toEqual(KINDS.filter((kind) => subject[kind] !== undefined || elsewhere.includes(kind)))
    })
    if (adapter.listModels && !unlisted) describeModels(subject, world)
    if (adapter.check) describeCheck(subject, world)
    if (text) describeText(subject, text, world)
    if (text) describeTrouble(subject, text, world)
    if (image) describeMedia('image', subject, world)
    if (video) describeMedia('video', subject, world)
    if (embed) describeEmbed(subject, embed, world)
    for (const kind of KINDS) if (subject[kind]) describeSettings(kind, subject, world)
    describeErrors(subject, world)
  })
}
