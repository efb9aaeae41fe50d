import { posix } from 'node:path'
import { importsOf, type Source } from './imports.ts'

/**
 * Which folders of `server/src` a folder may import; DESIGN.md section 2 says
 * why. The contract comes with `core`, whose types are made of it. `types`
 * may be imported as types only.
 */
interface FolderRule {
  may: readonly string[]
  types?: readonly string[]
}

const DOMAIN = ['core', 'lib'] as const

const FOLDERS: Readonly<Record<string, FolderRule>> = {
  lib: { may: [] },
  core: { may: ['lib'] },
  providers: { may: DOMAIN },
  storage: { may: DOMAIN },
  db: { may: DOMAIN },
  registry: { may: [...DOMAIN, 'db'] },
  access: { may: [...DOMAIN, 'db'] },
  ledger: { may: [...DOMAIN, 'db'] },
  artifacts: { may: [...DOMAIN, 'db'] },
  jobs: { may: [...DOMAIN, 'db'] },
  gateway: { may: [...DOMAIN, 'registry', 'access', 'jobs', 'ledger', 'artifacts'] },
  metrics: { may: [...DOMAIN], types: ['gateway', 'jobs'] },
  dataplane: { may: [...DOMAIN, 'gateway', 'access', 'artifacts'], types: ['registry'] },
  controlplane: { may: [...DOMAIN, 'db', 'registry', 'access', 'ledger', 'artifacts', 'jobs', 'gateway', 'dataplane'] },
  options: { may: DOMAIN },
  'options.ts': { may: [...DOMAIN, 'options'] },
  cli: {
    may: [
      ...DOMAIN,
      'db',
      'registry',
      'access',
      'ledger',
      'jobs',
      'gateway',
      'options',
      'options.ts',
      'main.ts',
      'emulation.ts',
    ],
  },
}

/** The composition roots, of the server and of the library, and what belongs to them: they may import everything. */
const COMPOSITION: readonly string[] = ['main.ts', 'cluster.ts', 'emulation.ts', 'library']

/** Libraries that one part of the house keeps to itself. Types of them may travel. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  undici: ['lib'],
  fastify: ['controlplane'],
  'fastify-type-provider-zod': ['controlplane'],
  '@fastify/swagger': ['controlplane'],
  '@scalar/fastify-api-reference': ['controlplane'],
  pg: ['db'],
  '@electric-sql/pglite': ['db'],
  kysely: ['db', 'registry', 'access', 'ledger', 'artifacts', 'jobs', 'cli'],
  yaml: ['registry'],
  'prom-client': ['metrics'],
  '@turnout/emulator': ['emulation.ts', 'cli'],
}

/** Where a file belongs: its workspace, and within the server its folder (or its name, at the top). */
function placeOf(path: string): { workspace: string; folder: string } {
  const [workspace = '', ...rest] = path.split('/')
  return { workspace, folder: workspace === 'server' && rest[0] === 'src' ? (rest[1] ?? '') : '' }
}

/** Tests, what only they use, and the scripts of the repository: the direction does not bind them. */
const isTest = (path: string) =>
  /\.test\.tsx?$|\/(testing|fixtures|fakes)(\/|\.ts$)|^[^/]+\/test\/|^(test|scripts)\//.test(path)

/** Every import that goes against the rules, as a sentence. */
export function violations(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    importsOf(text).flatMap(({ specifier, typeOnly }) => {
      const reason = judge(path, specifier, typeOnly)
      return reason === undefined ? [] : [`${path} imports ${specifier}: ${reason}`]
    }),
  )
}

function judge(path: string, specifier: string, typeOnly: boolean): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  const from = placeOf(path)
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier)
    const to = placeOf(target)
    if (from.workspace !== to.workspace) {
      return isTest(path) && !walled(from.workspace) ? undefined : 'another workspace is imported by its name'
    }
    if (isTest(path)) return undefined
    return isTest(target) ? 'tests are imported by tests only' : judgeFolder(from.folder, to.folder, typeOnly)
  }
  const library = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (from.workspace === 'contract')
    return library === 'zod' || isTest(path) ? undefined : 'the contract knows only zod'
  if (from.workspace === 'emulator' && (library === 'turnout' || library === '@turnout/contract')) {
    return 'the emulator takes nothing from what it is there to test'
  }
  if (isTest(path)) return undefined
  if (from.folder === 'lib' && library.startsWith('@turnout/')) return 'lib knows nothing of the domain'
  const owners = from.workspace === 'server' ? LIBRARIES[library] : undefined
  if (owners === undefined || typeOnly || owners.includes(from.folder)) return undefined
  return `${library} belongs to ${owners.join(', ')}`
}

/** Workspaces whose tests, too, stay within. */
const walled = (workspace: string) => workspace === 'emulator' || workspace === 'contract'

function judgeFolder(from: string, to: string, typeOnly: boolean): string | undefined {
  if (from === to || from === '' || COMPOSITION.includes(from)) return undefined
  const rule = FOLDERS[from]
  if (rule === undefined) return `no rule says what ${from} may import`
  if (rule.may.includes(to) || (typeOnly && rule.types?.includes(to))) return undefined
  return `${from} may import only ${rule.may.join(', ') || 'nothing of ours'}`
}
