import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSecretReader } from './credentials.ts'
import { World } from './fixtures.ts'

let world: World
let directory: string

beforeEach(async () => {
  world = new World()
  directory = await world.directory()
})
afterEach(() => world.end())

test('a secret is read from a variable or a file, without the space around it', async () => {
  await writeFile(join(directory, 'secret'), '  from-file\n')
  const read = createSecretReader({ KEY: ' from-env\n' }, directory)
  expect(read('env:KEY')).toEqual({ ok: true, value: 'from-env' })
  expect(read('file:secret')).toEqual({ ok: true, value: 'from-file' })
  expect(read(`file:${join(directory, 'secret')}`)).toEqual({ ok: true, value: 'from-file' })
})

test('what cannot be read is named, never shown', async () => {
  await writeFile(join(directory, 'empty'), ' \n')
  await writeFile(join(directory, 'two-lines'), 'hidden-one\nhidden-two')
  await writeFile(join(directory, 'huge'), 'x'.repeat(100_000))
  await mkdir(join(directory, 'folder'))
  const read = createSecretReader({ BLANK: '  ', SPLIT: 'hidden-one\r\nhidden-two', SHORTENED: 'sk-hid…' }, directory)
  const failure = (ref: string) => {
    const secret = read(ref)
    return secret.ok ? 'it was read' : secret.failure
  }
  expect(failure('env:ABSENT')).toBe('Variable ABSENT is not set.')
  expect(failure('env:BLANK')).toBe('Variable BLANK is not set.')
  expect(failure('env:SPLIT')).toBe('Variable SPLIT has line breaks or control characters.')
  expect(failure('env:SHORTENED')).toBe(
    'Variable SHORTENED has characters that no credential has; was it copied whole?',
  )
  expect(failure('file:absent')).toBe(`File ${join(directory, 'absent')} cannot be read (ENOENT).`)
  expect(failure('file:empty')).toBe(`File ${join(directory, 'empty')} is empty.`)
  expect(failure('file:two-lines')).toBe(`File ${join(directory, 'two-lines')} has line breaks or control characters.`)
  expect(failure('file:huge')).toMatch(/is no file of at most 64 KB/)
  expect(failure('file:folder')).toMatch(/is no file of at most 64 KB/)
  expect(failure('hidden-one')).toBe('A credential must be given as "env:NAME", "file:PATH" or "default".')
})

test('a secret of several parts is joined, and one that may be missing is left out', () => {
  const read = createSecretReader({ ID: 'AKIDEXAMPLE', SECRET: ' wJalr/K7 ', SESSION: '' }, '/')
  expect(read('env:ID:SECRET:SESSION?')).toEqual({ ok: true, value: 'AKIDEXAMPLE:wJalr/K7' })
  expect(read('env:ID:OTHER')).toEqual({ ok: false, failure: 'Variable OTHER is not set.' })
})

test('a document of several lines is read as one, and the default chain reads nothing', () => {
  const read = createSecretReader({ KEY: '{\n  "type": "service_account",\n  "project_id": "trams"\n}\n' }, '/')
  expect(read('env:KEY')).toEqual({ ok: true, value: '{"type":"service_account","project_id":"trams"}' })
  expect(read('default')).toEqual({ ok: true, value: undefined })
})
