import type { ModelTest, Provider } from '@turnout/contract'
import { PRESETS } from '../../server/src/registry/catalog/providers.ts'
import { chooseModels, type LiveOperation, OPERATIONS } from './choose.ts'
import type { House } from './house.ts'

/** Where the run writes, and whom it asks. */
export interface Console {
  print(line: string): void
  /** Asks a person; undefined where nobody is there to answer. */
  ask: ((question: string) => Promise<string>) | undefined
}

const USAGE = `Usage: npm run live -- PROVIDER [--yes]

Makes one cheap call per operation (${OPERATIONS.join(', ')}) with the credentials of the environment.
What each costs is told first; --yes makes the calls without asking.`

const label = (operation: LiveOperation, { model }: ModelTest): string => `${operation.padEnd(10)} ${model}`

function printResult(console: Console, operation: LiveOperation, test: ModelTest): boolean {
  const { ok = false, latencyMs, cost, error, warnings = [], note } = test
  const facts = [
    ok ? 'ok' : 'FAILED',
    ...(latencyMs === undefined ? [] : [`${latencyMs} ms`]),
    ...(ok ? [cost === null || cost === undefined ? 'cost not known' : `$${cost}`] : []),
    ...(error ? [`${error.code}: ${error.message}`] : ok ? [] : [note]),
  ]
  console.print(`${label(operation, test)}  ${facts.join(', ')}`)
  for (const warning of warnings) console.print(`${' '.repeat(11)}${warning}`)
  return ok
}

/** What to set, as far as variables tell. */
function howToConfigure(id: string): string {
  const variables = PRESETS.find((preset) => preset.id === id)?.credentials ?? []
  const named = variables.map((each) => each.replace(/:[^:]*\?$/, '').replaceAll(':', ' and '))
  return `set ${named.join(', or ')}, or say in turnout.yaml where it is.`
}

/** Why a provider cannot be called; undefined where it can. */
function requireConfigured(providers: readonly Provider[], id: string): string | undefined {
  const found = providers.find((provider) => provider.id === id)
  if (!found) return `There is no provider ${id}; there are ${providers.map((provider) => provider.id).join(', ')}.`
  if (!found.supported) return `This version has no adapter for ${found.name}.`
  if (!found.configured) return `${found.name} has no credential: ${howToConfigure(id)}`
  return undefined
}

async function isAgreed(console: Console, isSure: boolean, count: number): Promise<boolean> {
  if (isSure) return true
  const question = `Make ${count === 1 ? 'this call' : `these ${count} calls`}? Type yes: `
  if (console.ask !== undefined && (await console.ask(question)).trim() === 'yes') return true
  console.print('Nothing was called. With --yes the calls are made.')
  return false
}

/**
 * The whole run.
 *
 * @returns The exit code: 1 where a call failed or none could be made, 2 where it was asked for wrongly.
 */
export async function run(argv: readonly string[], open: () => Promise<House>, console: Console): Promise<number> {
  const names = argv.filter((argument) => argument !== '--yes')
  const [provider] = names
  if (provider === undefined || names.length > 1 || provider.startsWith('-')) {
    console.print(USAGE)
    return 2
  }
  const house = await open()
  try {
    const obstacle = requireConfigured(await house.providers(), provider)
    const chosen = obstacle === undefined ? chooseModels(await house.models(provider), provider) : new Map()
    if (chosen.size === 0) {
      console.print(obstacle ?? `${provider} has no active model of text, pictures or embeddings that can be called.`)
      return 1
    }
    return await tryAll(house, chosen, console, argv.includes('--yes'))
  } finally {
    await house.close()
  }
}

/** A call that the server itself refuses has failed like one that the provider refuses. */
async function call(house: House, model: string, confirm: boolean): Promise<ModelTest> {
  try {
    return await house.test(model, confirm)
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error)
    return { model, provider: '', kind: 'text', tested: true, estimate: null, ok: false, note }
  }
}

async function tryAll(
  house: House,
  chosen: ReturnType<typeof chooseModels>,
  console: Console,
  isSure: boolean,
): Promise<number> {
  const paid: [LiveOperation, ModelTest][] = []
  let failed = 0
  for (const [operation, { id }] of chosen) {
    const plan = await call(house, id, false)
    // What costs nothing has been called by now.
    if (plan.tested) failed += printResult(console, operation, plan) ? 0 : 1
    else {
      paid.push([operation, plan])
      const cost = plan.estimate === null ? 'cost not known beforehand' : `at most about $${plan.estimate}`
      console.print(`${label(operation, plan)}  ${cost}`)
    }
  }
  console.print(`${'video'.padEnd(10)} not tried: it takes minutes and is paid for whole`)
  if (paid.length > 0 && (await isAgreed(console, isSure, paid.length))) {
    for (const [operation, { model }] of paid) {
      failed += printResult(console, operation, await call(house, model, true)) ? 0 : 1
    }
  }
  return failed > 0 ? 1 : 0
}
