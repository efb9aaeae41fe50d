import { expect, it } from 'vitest'
import { type Flag, parseArguments } from './arguments.ts'

const KNOWN: Flag[] = [
  { flag: 'name', value: 'NAME', description: '' },
  { flag: 'json', description: '' },
]

it.each([
  [['--name', 'a'], { name: 'a' }, []],
  [['--name=a=b'], { name: 'a=b' }, []],
  [['--name='], { name: '' }, []],
  [['--name', '-1'], { name: '-1' }, []],
  [['--name', 'a', '--name', 'b'], { name: 'b' }, []],
  [['x', '--json', 'y'], { json: 'true' }, ['x', 'y']],
  [['--json', '--', '--name', '-x'], { json: 'true' }, ['--name', '-x']],
  [['-'], {}, ['-']],
])('reads %j', (argv, flags, positionals) => {
  const read = parseArguments(argv, KNOWN)
  expect(Object.fromEntries(read.flags)).toEqual(flags)
  expect(read.positionals).toEqual(positionals)
})

it.each([
  [['--nme', 'a'], 'There is no flag --nme here. Did you mean --name?'],
  [['--__proto__', 'a'], 'There is no flag --__proto__ here.'],
  [['-j'], 'There is no flag -j here.'],
  [['--json=yes'], '--json takes no value.'],
  [['--name'], '--name needs a value: --name NAME.'],
  [['--name', '--json'], '--name needs a value: --name NAME.'],
])('refuses %j', (argv, message) => {
  expect(() => parseArguments(argv, KNOWN)).toThrow(expect.objectContaining({ code: 'invalid_input', message }))
})
