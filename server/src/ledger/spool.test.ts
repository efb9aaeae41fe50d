import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Spool } from './spool.ts'

let dir: string
let spool: Spool
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnout-spool-'))
  log.info.mockClear()
  log.error.mockClear()
  spool = new Spool({ dir, writer: 'w', log })
})

afterEach(() => {
  spool.leave()
  rmSync(dir, { recursive: true, force: true })
})

const read = (name: string) => readFileSync(join(dir, name), 'utf8')

test('what follows a record runs in order, once all records of the turn are written', async () => {
  const seen: string[] = []
  spool.append('one', () => seen.push(`one ${read('w.0.jsonl').length}`))
  spool.append('two')
  spool.append('three', () => seen.push(`three ${read('w.0.jsonl').length}`))
  expect(seen).toEqual([])
  expect(read('w.0.jsonl')).toBe('')
  await nextTurn()
  expect(seen).toEqual(['one 14', 'three 14'])
  expect(read('w.0.jsonl')).toBe('one\ntwo\nthree\n')
})

test('what fails in one callback does not keep the others from running', async () => {
  const second = vi.fn()
  spool.append('one', () => {
    throw new Error('mine')
  })
  spool.append('two', second)
  await nextTurn()
  expect(second).toHaveBeenCalledOnce()
  expect(log.error).toHaveBeenCalledOnce()
})

test('rotation writes what is left, closes the file and opens the next; nothing is closed empty', () => {
  spool.rotate()
  expect(spool.closed).toBeUndefined()
  spool.append('one')
  spool.rotate()
  spool.append('two')
  spool.rotate()
  expect(readdirSync(dir).toSorted()).toEqual(['w.0.jsonl', 'w.1.jsonl', 'w.2.jsonl'])
  expect(spool.closed).toBe(join(dir, 'w.0.jsonl'))
  expect(read('w.1.jsonl')).toBe('two\n')
})

test('closed files are read from the oldest on and then deleted', async () => {
  for (const line of ['one', 'two']) {
    spool.append(line)
    spool.rotate()
  }
  await spool.removeClosed()
  expect(spool.closed).toBe(join(dir, 'w.1.jsonl'))
  await spool.removeClosed()
  expect(spool.closed).toBeUndefined()
  expect(spool.pending).toBe(false)
  expect(readdirSync(dir)).toEqual(['w.2.jsonl'])
  spool.end()
  expect(readdirSync(dir)).toEqual([])
})

test('a turn of any size and any characters is written whole, and a large file is closed', async () => {
  const line = 'ü€😀'.repeat(500_000)
  spool.append(line)
  await nextTurn()
  expect(read('w.0.jsonl') === `${line}\n`).toBe(true)
  expect(spool.closed).toBe(join(dir, 'w.0.jsonl'))
})

test('a disk that refuses holds nobody up; the lines are written when it takes them again', async () => {
  spool.append('one')
  spool.rotate()
  // A file where the directory should be: neither can be opened.
  rmSync(dir, { recursive: true })
  writeFileSync(dir, '')
  spool.append('two')
  spool.rotate()
  const then = vi.fn()
  for (const line of ['three', 'four']) {
    spool.append(line, then)
    await nextTurn()
  }
  expect(then).toHaveBeenCalledTimes(2)
  expect(log.error).toHaveBeenCalledOnce()

  rmSync(dir)
  await vi.waitFor(() => expect(readdirSync(dir)).not.toEqual([]), { timeout: 5_000 })
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledOnce())
  const [name] = readdirSync(dir)
  expect(read(name!)).toBe('three\nfour\n')
})

test('what a disk refuses is kept up to a bound, and how much was lost is told', async () => {
  spool.rotate()
  rmSync(dir, { recursive: true })
  writeFileSync(dir, '')
  spool.append('first')
  spool.rotate()
  const then = vi.fn()
  for (let i = 0; i < 20; i++) {
    spool.append('x'.repeat(1_000_000), then)
    await nextTurn()
  }
  expect(then).toHaveBeenCalledTimes(20)
  rmSync(dir)
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledWith({ dropped: 3 }, expect.any(String)), { timeout: 5_000 })
})
