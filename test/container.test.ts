import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { OPTION_NAMES, OPTIONS } from '../server/src/options.ts'
import { lintDockerfile, parseStages } from './support/dockerfile.ts'
import { ROOT } from './support/run.ts'

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const VARIABLES = new Set<string>(OPTION_NAMES.map((name) => OPTIONS[name].variable))

describe('Dockerfile', () => {
  const text = read('Dockerfile')
  const final = parseStages(text).at(-1)!

  it('keeps the rules', () => expect(lintDockerfile(text)).toEqual([]))

  it.each([
    ['FROM node:24-slim', 'FROM node', 'names no version'],
    ['FROM node:24-slim', 'FROM node:latest', 'names no version'],
    ['COPY . .', 'ADD . .', 'ADD'],
    ['USER node', 'USER root', 'root'],
    ['USER node\n', '', 'root'],
    ['ENV NODE_ENV', 'ENV OPENAI_API_KEY=x NODE_ENV', 'secret'],
    ['VOLUME /data', 'RUN true', 'RUN comes after USER'],
    ['HEALTHCHECK', 'LABEL', 'HEALTHCHECK is missing'],
    ['ENTRYPOINT ["/app/node_modules/.bin/turnout"]\nCMD ["start"]', 'CMD turnout start', 'exec form'],
  ])('would be refused with %j as %j', (from, to, reason) => {
    expect(text).toContain(from)
    expect(lintDockerfile(text.replaceAll(from, to)).join('\n')).toContain(reason)
  })

  it('sets only options that exist', () => {
    const names = final
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ value }) => value.split(/\s+/).map((pair) => pair.split('=')[0]!))
    expect(names.filter((name) => !VARIABLES.has(name))).toEqual([])
    expect(names).toEqual(expect.arrayContaining(['HOST', 'TURNOUT_DATA_DIR']))
  })

  it('asks /livez on the exposed port, and keeps its data on a volume', () => {
    const value = (name: string) => final.find((instruction) => instruction.name === name)?.value
    expect(value('HEALTHCHECK')).toContain('/livez')
    expect(value('EXPOSE')).toBe('8080')
    expect(value('VOLUME')).toBe('/data')
  })

  it('gets everything that it copies, and neither libraries nor variables', () => {
    const lines = read('.dockerignore').trim().split('\n')
    expect(lines[0]).toBe('*')
    const workspaces = (JSON.parse(read('package.json')) as { workspaces: string[] }).workspaces
    for (const name of ['package.json', 'package-lock.json', '.npmrc', 'scripts', 'LICENSE']) {
      expect(lines).toContain(`!${name}`)
    }
    for (const workspace of workspaces) expect(lines.some((line) => line.startsWith(`!${workspace}`))).toBe(true)
    expect(lines.slice(-3)).toEqual(expect.arrayContaining(['**/node_modules', '**/.env']))
  })
})

interface Service {
  image?: string
  build?: string
  ports?: string[]
  environment: Record<string, string>
  depends_on?: Record<string, { condition: string }>
  volumes: string[]
  healthcheck?: { test: string[] }
}

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml')) as {
    services: { turnout: Service; postgres: Service }
    volumes: Record<string, unknown>
  }
  const { turnout, postgres } = compose.services

  it('starts Turnout once PostgreSQL is healthy', () => {
    expect(turnout.build).toBe('.')
    expect(turnout.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(postgres.healthcheck?.test).toContain('pg_isready')
    expect(postgres.image).toMatch(/^postgres:\d+$/)
  })

  it('sets only options that exist, and no secret of its own', () => {
    expect(Object.keys(turnout.environment).filter((name) => !VARIABLES.has(name))).toEqual([])
    for (const service of [turnout, postgres]) {
      for (const [name, value] of Object.entries(service.environment)) {
        if (/PASSWORD|KEY|URL/.test(name)) expect(value).toMatch(/\$\{/)
      }
    }
  })

  it('keeps its data on volumes, and its port to this machine', () => {
    for (const service of [turnout, postgres]) {
      for (const volume of service.volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
    }
    expect(turnout.volumes).toContain('turnout:/data')
    expect(turnout.ports).toEqual(['127.0.0.1:8080:8080'])
    expect(postgres.ports).toBeUndefined()
  })
})
