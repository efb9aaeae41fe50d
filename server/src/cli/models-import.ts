import { readFile } from 'node:fs/promises'
import { type ImportedModel, ImportModel } from '@turnout/contract'
import { check } from '../core/input.ts'
import { importModel } from '../gateway/model-import.ts'
import { SafeFetcher } from '../lib/http/safe-fetch.ts'
import { JsonError, parseJsonObject } from '../lib/json.ts'
import { defineCommand, EXIT, noPositionals, UsageError } from './command.ts'
import { oneLine } from './terminal.ts'
import { MODEL_OPTIONS, withRegistry } from './with-registry.ts'

const MOST_DEPTH = 64

export const command = defineCommand({
  usage: 'models import',
  description: "Adds a model from what its provider publishes of it: an endpoint of fal's, or a description in a file.",
  flags: [
    { flag: 'endpoint', value: 'ENDPOINT', description: 'What the provider calls it, such as fal-ai/flux/dev.' },
    { flag: 'provider', value: 'PROVIDER', description: 'Id of the provider (default fal).' },
    { flag: 'file', value: 'FILE', description: 'Its OpenAPI description, or the JSON Schema of its input.' },
    { flag: 'id', value: 'ID', description: 'What requests will call the model.' },
    { flag: 'output', value: 'KIND', description: 'image or video, where the description does not tell.' },
    { flag: 'dry-run', description: 'Show the record, and keep nothing.' },
    { flag: 'json', description: 'Print the record as JSON.' },
  ],
  options: [...MODEL_OPTIONS, 'allowedPrivatePlaces'],
  read(given) {
    noPositionals(given)
    const { flags } = given
    const endpoint = flags.get('endpoint')
    if (endpoint === undefined) throw new UsageError('--endpoint is required.')
    const named = { provider: flags.get('provider'), id: flags.get('id'), output: flags.get('output') }
    return {
      asked: { endpoint, ...named },
      file: flags.get('file'),
      dryRun: flags.has('dry-run'),
      json: flags.has('json'),
    }
  },
  async run({ asked, file, dryRun, json }, { options, terminal }) {
    const schema = file === undefined ? undefined : await readDescription(file)
    const input = check(ImportModel, { ...asked, schema })
    const fetcher = new SafeFetcher({ allowed: options.allowedPrivatePlaces })
    const imported = await withRegistry(options, (registry) => importModel(input, dryRun, { registry, fetcher }))
    terminal.out(json ? JSON.stringify(imported.record, undefined, 2) : format(imported))
    return EXIT.ok
  },
})

async function readDescription(file: string): Promise<Record<string, unknown>> {
  try {
    return parseJsonObject(await readFile(file), MOST_DEPTH)
  } catch (error) {
    if (error instanceof JsonError) throw new UsageError(`--file must be a JSON file: ${error.message}`)
    throw new UsageError(`--file cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function format({ record, model, schema, notes }: ImportedModel): string {
  const inputs = Object.keys((schema.properties ?? {}) as object)
  return [
    `${record.id}${model === null ? ' (nothing was kept)' : ''}`,
    `  makes    ${(record.output ?? []).join(', ')}`,
    `  inputs   ${oneLine(inputs.join(', '))}`,
    ...notes.map((note) => `  note     ${oneLine(note)}`),
  ].join('\n')
}
