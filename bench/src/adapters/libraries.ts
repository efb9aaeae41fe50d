import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Packages that one provider alone needs. */
const OF_PROVIDERS = /\/node_modules\/(google-auth-library|gcp-metadata|gaxios|@(?:aws-sdk|aws-crypto|smithy)\/[^/]+)\//

/** Told on standard output by a program of its own, because what this process has loaded says nothing. */
const PROGRAM = `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url)
    return nextLoad(url, context)
  },
})
for (const url of process.argv.slice(1)) await import(url)
process.stdout.write(JSON.stringify([...loaded]), () => process.exit())
`

/** The URLs of all modules that an import of these loads, whether as ES modules or as CommonJS. */
export async function loadedBy(...urls: readonly string[]): Promise<string[]> {
  const args = ['--input-type=module', '--eval', PROGRAM, '--', ...urls]
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, maxBuffer: 2 ** 24 })
  return JSON.parse(stdout) as string[]
}

/** Of loaded modules the packages that one provider alone needs. */
export const providerLibraries = (loaded: readonly string[]): string[] => [
  ...new Set(loaded.flatMap((url) => OF_PROVIDERS.exec(url)?.[1] ?? [])),
]
