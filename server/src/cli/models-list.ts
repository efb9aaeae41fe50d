import { MODALITIES, Modality, type Model } from '@turnout/contract'
import { defineCommand, EXIT, noPositionals, UsageError } from './command.ts'
import { summarizePrices } from './prices.ts'
import { formatTable, paint, type Terminal } from './terminal.ts'
import { MODEL_OPTIONS, withRegistry } from './with-registry.ts'

export const command = defineCommand({
  usage: 'models list',
  description: 'Lists the models of the registry: catalog, environment, configuration file and database together.',
  flags: [
    { flag: 'type', value: 'TYPE', description: `Only models that make this: ${MODALITIES.join(', ')}.` },
    { flag: 'provider', value: 'PROVIDER', description: 'Only models of this provider.' },
    { flag: 'available', description: 'Only models that can be used now.' },
    { flag: 'json', description: 'Print the records as JSON.' },
  ],
  options: MODEL_OPTIONS,
  read(given) {
    noPositionals(given)
    const { flags } = given
    const type = Modality.optional().safeParse(flags.get('type'))
    if (!type.success)
      throw new UsageError(`--type must be one of ${MODALITIES.join(', ')}, not "${flags.get('type')}".`)
    return {
      type: type.data,
      provider: flags.get('provider'),
      available: flags.has('available'),
      json: flags.has('json'),
    }
  },
  async run({ type, provider, available, json }, { options, terminal }) {
    const models = await withRegistry(options, async ({ snapshot }) =>
      snapshot.models.filter(
        (model) =>
          (type === undefined || model.output.includes(type)) &&
          (provider === undefined || model.provider === provider) &&
          (!available || model.available),
      ),
    )
    terminal.out(json ? JSON.stringify(models, undefined, 2) : format(models, terminal))
    return EXIT.ok
  },
})

function format(models: readonly Model[], terminal: Terminal): string {
  const table = formatTable(
    ['ID', 'PROVIDER', 'MAKES', 'AVAILABLE', 'PRICE'],
    models.map((model) => [
      model.id,
      model.provider,
      model.output.join(', '),
      model.available ? 'yes' : shortReason(model),
      summarizePrices(model.prices),
    ]),
  )
  const usable = models.filter((model) => model.available).length
  const [head, ...lines] = table.split('\n')
  return [
    paint(terminal, 'bold', head!),
    ...lines,
    '',
    `${models.length} models, ${usable} available. "turnout models show ID" says why one is not.`,
  ].join('\n')
}

function shortReason({ enabled, lifecycle }: Model): string {
  if (!enabled) return 'no: disabled'
  return lifecycle.status === 'retired' ? 'no: retired' : 'no'
}
