import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

const CONTRACT = '@turnout/contract'
const CONTRACT_INDEX = 'contract/src/index.d.ts'

/** Specifiers of imports and exports, and of `import('...')` within a type. */
const SPECIFIER = /(\bfrom |\bimport\(|\bimport )(['"])([^'"]+)\2/g

/** The file of ours that a specifier leads to; undefined for a library. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier === CONTRACT) return CONTRACT_INDEX
  return specifier.startsWith('.') ? join(dirname(file), specifier).replace(/\.ts$/, '.d.ts') : undefined
}

/** How one file names another one, as every way of resolving modules understands it. */
function nameFrom(file: string, target: string): string {
  const path = relative(dirname(file), target).replaceAll('\\', '/')
  return (path.startsWith('.') ? path : `./${path}`).replace(/\.d\.ts$/, '.js')
}

function emit(root: string, entry: string, outDir: string): void {
  const config = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'esnext.array'],
    module: 'nodenext',
    strict: true,
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    // The sources are checked where they are tested, not where they are packed.
    noCheck: true,
    rootDir: root,
    outDir,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    // A workspace that is found by its name is taken for a library, of which nothing is emitted.
    paths: { [CONTRACT]: [join(root, CONTRACT_INDEX.replace(/\.d\.ts$/, '.ts'))] },
  }
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [join(root, entry)] }))
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { stdio: 'inherit' })
}

/**
 * Writes the declarations of an entry and of all that it names, and of nothing
 * else, where their sources would lie in the package.
 *
 * @param place Where in the package a file of the repository lies.
 */
export function writeDeclarations(root: string, entry: string, place: (path: string) => string): void {
  const emitted = mkdtempSync(join(tmpdir(), 'turnout-declarations-'))
  try {
    emit(root, entry, emitted)
    const first = entry.replace(/\.ts$/, '.d.ts')
    const files = new Set([first])
    for (const file of files) {
      const text = readFileSync(join(emitted, file), 'utf8')
      const placed = text.replace(SPECIFIER, (whole, before: string, quote: string, specifier: string) => {
        const target = targetOf(file, specifier)
        if (target === undefined) return whole
        files.add(target)
        return `${before}${quote}${nameFrom(resolve(place(file)), resolve(place(target)))}${quote}`
      })
      mkdirSync(dirname(place(file)), { recursive: true })
      writeFileSync(place(file), placed)
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true })
  }
}
