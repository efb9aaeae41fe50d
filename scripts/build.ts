/**
 * Makes the publishable package in `dist/`: our own code bundled, libraries as
 * dependencies. The layout is that of `server/`, so that a file finds its
 * neighbours at the same place as in the repository.
 *
 * `node scripts/build.ts [DIRECTORY]`
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { writeDeclarations } from './declarations.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = resolve(process.argv[2] ?? join(root, 'dist'))

/** What importers of the package get. */
const LIBRARY = 'server/src/library/index.ts'

/** Files that something outside the bundle starts: importers, the bin, `fork`. */
const ENTRIES = [LIBRARY, 'server/src/main.ts', 'server/src/cli/main.ts', 'server/src/db/embedded/child.ts']

/** Copied where they exist. */
const EXTRAS = ['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', '.env.example', 'docs/reference/turnout.schema.json']

interface Manifest {
  name: string
  version: string
  description: string
  type: string
  license: string
  engines: Record<string, string>
  dependencies: Record<string, string>
}

const readManifest = (workspace: string): Manifest =>
  JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as Manifest

/** The libraries of all bundled workspaces; of two ranges for one library, neither may be dropped unseen. */
function gatherDependencies(): Record<string, string> {
  const gathered: Record<string, string> = {}
  for (const workspace of ['contract', 'server', 'emulator']) {
    for (const [library, range] of Object.entries(readManifest(workspace).dependencies)) {
      if (library.startsWith('@turnout/')) continue
      if (gathered[library] !== undefined && gathered[library] !== range) {
        throw new Error(`${library} is asked for as ${gathered[library]} and as ${range}`)
      }
      gathered[library] = range
    }
  }
  return Object.fromEntries(Object.entries(gathered).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Where a source file would lie in the package if it were not bundled. */
const packagePath = (source: string) =>
  relative(root, source)
    .replaceAll('\\', '/')
    .replace(/^server\//, '')
    .replace(/\.ts$/, '.js')

/**
 * A file that is bundled no longer knows where it is. Its `import.meta.url`
 * becomes its place in the package, which the package can tell of itself.
 */
function ownPlaces(packageName: string): Plugin {
  return {
    name: 'own-places',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        if (!text.includes('import.meta.url')) return undefined
        const place = `new URL('./${packagePath(path)}', import.meta.resolve('${packageName}/package.json')).href`
        return { contents: text.replaceAll('import.meta.url', place), loader: 'ts' }
      })
    },
  }
}

const { name, version, description, type, license, engines } = readManifest('server')
const dependencies = gatherDependencies()

rmSync(dist, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: ENTRIES,
  outbase: 'server',
  outdir: dist,
  chunkNames: 'src/chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  sourcemap: true,
  sourcesContent: true,
  external: Object.keys(dependencies).flatMap((library) => [library, `${library}/*`]),
  plugins: [ownPlaces(name)],
  logLevel: 'warning',
})

const inPackage = (path: string) => join(dist, path.replace(/^server\//, ''))
writeDeclarations(root, LIBRARY, inPackage)

const bin = readFileSync(join(root, 'server/bin/turnout.js'), 'utf8')
mkdirSync(join(dist, 'bin'))
writeFileSync(join(dist, 'bin/turnout.js'), bin.replace('../src/cli/main.ts', '../src/cli/main.js'), { mode: 0o755 })

for (const file of EXTRAS) {
  if (!existsSync(join(root, file))) continue
  mkdirSync(dirname(join(dist, file)), { recursive: true })
  copyFileSync(join(root, file), join(dist, file))
}

const manifest = {
  name,
  version,
  description,
  type,
  license,
  engines,
  bin: { turnout: 'bin/turnout.js' },
  exports: {
    '.': { types: './src/library/index.d.ts', default: './src/library/index.js' },
    './package.json': './package.json',
  },
  dependencies,
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
