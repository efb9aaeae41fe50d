#!/usr/bin/env node
// Plain JavaScript of the oldest kind, so that every Node.js can at least say which version is needed.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18) || major === 23) {
  console.error(`turnout: Node.js 22.18 or later, or 24 or later, is needed; this is ${process.versions.node}.`)
  process.exit(1)
}
// Nearly all that a request makes is garbage soon. With more room for it than this (the default is 32 MB, of which V8
// keeps three) a server is no faster, but 60 MB larger under load. It can only be said before V8 starts, so this process
// becomes one that was started with it; unless there is a parent to talk to, or the system cannot do that.
const ROOM = '--max-semi-space-size=8'
const hasRoom = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes('semi-space-size'))
if (process.argv[2] === 'start' && !hasRoom && process.send === undefined && process.platform !== 'win32') {
  try {
    process.execve?.(process.execPath, [process.execPath, ROOM, ...process.execArgv, ...process.argv.slice(1)])
  } catch {
    // It runs as it is.
  }
}
// Compiled code is kept for the next start, which then takes half the time and 20 MB less.
const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('../src/cli/main.ts')

// A reader that closes the pipe early (`turnout models list | head`) has seen enough.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await main(process.argv.slice(2))
