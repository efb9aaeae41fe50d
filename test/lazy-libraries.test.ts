import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { loadedBy, providerLibraries } from '../bench/src/adapters/libraries.ts'
import { ROOT } from './support/run.ts'

const server = (path: string): string => pathToFileURL(join(ROOT, 'server/src', path)).href

it('the server is loaded without the libraries of any provider', async () => {
  const loaded = await loadedBy(server('main.ts'))
  expect(loaded).toContain(server('main.ts'))
  expect(loaded).toContain(server('providers/google.ts'))
  expect(providerLibraries(loaded)).toEqual([])
})

it('libraries of providers would be seen, by import and by require', async () => {
  const loaded = await loadedBy('google-auth-library', '@smithy/signature-v4', '@aws-sdk/credential-providers')
  expect(providerLibraries(loaded)).toEqual(
    expect.arrayContaining(['google-auth-library', '@smithy/signature-v4', '@aws-sdk/credential-providers']),
  )
})
