import type { Model } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Snapshot } from '../registry/types.ts'
import { defineCommand, EXIT, onePositional } from './command.ts'
import { describeRate } from './prices.ts'
import { oneLine } from './terminal.ts'
import { MODEL_OPTIONS, withRegistry } from './with-registry.ts'

export const command = defineCommand({
  usage: 'models show ID',
  description:
    'Shows a model by its id, an alias or provider/id: its record, where each part of it comes from, and whether it can be used.',
  flags: [{ flag: 'json', description: 'Print the record as JSON.' }],
  options: MODEL_OPTIONS,
  read: (given) => ({ id: onePositional(given, 'ID'), json: given.flags.has('json') }),
  async run({ id, json }, { options, terminal }) {
    const model = await withRegistry(options, async ({ snapshot }) => find(snapshot, id))
    terminal.out(json ? JSON.stringify(model, undefined, 2) : format(model))
    return EXIT.ok
  },
})

/** @throws TurnoutError model_not_found, with the nearest names that the registry knows */
function find(snapshot: Snapshot, id: string): Model {
  const model = snapshot.find(id)
  if (model !== undefined) return model
  snapshot.resolve(id)
  throw new TurnoutError('model_not_found', `There is no model "${id}".`)
}

/** Shown under names and in an order of their own. */
const APART = new Set(['id', 'name', 'available', 'unavailable', 'provenance', 'prices'])

function format(model: Model): string {
  const { provenance } = model
  const lines = [
    `${model.id}${model.name === model.id ? '' : ` (${oneLine(model.name)})`}`,
    line('available', model.available ? 'yes' : `no: ${model.unavailable ?? 'the reason is not known'}`),
  ]
  if (provenance.detection) {
    lines.push(line('detected', `${provenance.detection.provider}: ${provenance.detection.reason}`))
  }
  for (const [field, value] of Object.entries(model)) {
    if (APART.has(field) || isEmpty(value)) continue
    lines.push(line(field, show(value), provenance.fields[field]))
  }
  if (model.prices) {
    lines.push(line('prices', model.prices.rates.map(describeRate).join('; '), provenance.fields.prices))
    lines.push(line('', `as of ${model.prices.asOf}, from ${model.prices.source}`))
  }
  const over = provenance.overrides.length > 0 ? `, over ${provenance.overrides.join(', ')}` : ''
  lines.push(line('source', `${provenance.layer}${over}`))
  return lines.join('\n')
}

const LABEL_WIDTH = 14

function line(label: string, text: string, layer?: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${oneLine(text)}${layer === undefined ? '' : `  [${layer}]`}`
}

function show(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
