import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args])
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  return { child, output: () => output }
}

it('serves alone, says where, and stops cleanly on SIGTERM', async () => {
  const { child, output } = start('--port', '0', '--chunk-delay', '0')
  await expect.poll(output, { timeout: 20_000 }).toContain('curl ')
  const url = /http:\/\/\S+\/v1/.exec(output())?.[0] ?? ''
  const models = await fetch(`${url}/models`, { headers: { authorization: 'Bearer any' } })
  expect(models.status).toBe(200)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('refuses a port that is no number', async () => {
  const { child, output } = start('--port', 'many')
  expect(await once(child, 'close')).toEqual([1, null])
  expect(output()).toContain('--port must be a whole number')
})
