import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeDatabase, POSTGRES_URL } from 'turnout/src/db/testing/postgres-server.ts'
import { png } from '../png.ts'
import { atLeast, atMost, type Row, type Section } from '../report.ts'
import type { Settings } from '../rig.ts'
import { median } from '../statistics.ts'
import { Home, Turnout } from '../turnout.ts'

const SYNCHRONOUS = 'gpt-image-1-mini'
const POLLED = 'flux-2-pro'
const POLLED_AT_ONCE = 10
const STATES_MS = 250

/** What media jobs add to what the provider takes, and how many a second are brought to their end. */
export async function jobs({ quick }: Settings): Promise<Section> {
  const provider = await startProvider()
  const rows: Row[] = []
  try {
    rows.push(...(await onDatabase('embedded', provider, quick)))
    if (POSTGRES_URL !== undefined) {
      const { url, drop } = await makeDatabase()
      try {
        rows.push(...(await onDatabase('PostgreSQL', provider, quick, url)))
      } finally {
        await drop()
      }
    }
  } finally {
    provider.close()
  }
  return {
    title: 'jobs: pictures through jobs, from the request to the kept output',
    rows,
    notes: [
      'The provider answers at once, or is done after 0.3 to 1.5 s and is asked at the interval that the adapter advises.',
      'The picture is a PNG of 64 × 64; each is kept with thumbnail, hash and lineage.',
      ...(POSTGRES_URL === undefined ? ['Not on PostgreSQL: TURNOUT_TEST_DATABASE_URL names no server.'] : []),
    ],
  }
}

async function onDatabase(place: string, provider: Provider, quick: boolean, url?: string): Promise<Row[]> {
  const home = new Home()
  try {
    const turnout = await Turnout.start({
      home,
      upstreamPort: provider.port,
      env: {
        BFL_API_KEY: 'x',
        BFL_BASE_URL: `http://127.0.0.1:${provider.port}/bfl/v1`,
        TURNOUT_JOBS_PER_PROVIDER: '100000',
        TURNOUT_JOBS_PER_MODEL: '100000',
        TURNOUT_JOBS_PER_KEY: '100000',
        TURNOUT_ALLOW_PRIVATE_URLS: '127.0.0.1',
        LOG_LEVEL: 'error',
        ...(url !== undefined && { DATABASE_URL: url }),
      },
    })
    try {
      const client = clientOf(turnout.port, await turnout.issueKey())
      return [
        await overhead(client, provider.port, place, quick ? 20 : 300),
        await delay(client, provider, place, quick ? 5 : 60),
        await throughput(client, place, quick ? 50 : 1_000),
      ]
    } finally {
      await turnout.close()
    }
  } finally {
    home.remove()
  }
}

type Client = ReturnType<typeof clientOf>

function clientOf(port: number, key: string) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as {
      status: string
      data: { state: string; counts: Record<string, number> }
    }
    if (response.status >= 400) throw new Error(`${path}: ${JSON.stringify(answer).slice(0, 500)}`)
    return answer
  }
  return {
    generate: (model: string, wait: number) =>
      call('POST', '/api/images/generate', { model, inputs: { prompt: 'A signal box' }, wait }),
    batch: (model: string, count: number) =>
      call('POST', '/api/jobs/batch', {
        jobs: Array.from({ length: count }, () => ({ model, inputs: { prompt: 'A signal box' } })),
      }) as Promise<unknown> as Promise<{ data: { id: string } }>,
    set: (id: string) => call('GET', `/api/jobs/batch/${id}`),
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** A synchronous picture through a job, against the same call without Turnout. */
async function overhead(client: Client, port: number, place: string, count: number): Promise<Row> {
  const direct: number[] = []
  const through: number[] = []
  for (let i = 0; i < count + 10; i += 1) {
    const url = `http://127.0.0.1:${port}/v1/images/generations`
    const one = await timed(async () => (await fetch(url, { method: 'POST', body: '{}' })).json())
    const other = await timed(() => client.generate(SYNCHRONOUS, 60))
    if (i < 10) continue
    direct.push(one)
    through.push(other)
  }
  return {
    what: `${place}: added to a synchronous picture, median`,
    unit: 'ms',
    bare: null,
    turnout: median(through) - median(direct),
    goal: atMost('turnout', 30),
  }
}

/** From the moment when the provider is done until the job is. */
async function delay(client: Client, provider: Provider, place: string, count: number): Promise<Row> {
  const late: number[] = []
  let next = 0
  const work = async () => {
    while (next < count) {
      next += 1
      const { data } = (await client.generate(POLLED, 60)) as unknown as {
        data: { attempts: { upstreamRequestId: string }[] }
      }
      late.push(performance.now() - provider.doneAt(data.attempts[0]!.upstreamRequestId))
    }
  }
  await Promise.all(Array.from({ length: POLLED_AT_ONCE }, work))
  return {
    what: `${place}: from the provider's end to ours, polled, median`,
    unit: 's',
    bare: null,
    turnout: median(late) / 1000,
    goal: atMost('turnout', 1),
  }
}

async function throughput(client: Client, place: string, count: number): Promise<Row> {
  const took = await timed(async () => {
    const sets = await Promise.all(
      Array.from({ length: Math.ceil(count / 500) }, (_, i) =>
        client.batch(SYNCHRONOUS, Math.min(500, count - i * 500)),
      ),
    )
    for (const { data } of sets) {
      for (;;) {
        const { counts } = (await client.set(data.id)).data
        if ((counts.failed ?? 0) + (counts.unknown ?? 0) > 0) throw new Error(`jobs failed: ${JSON.stringify(counts)}`)
        if ((counts.queued ?? 0) + (counts.running ?? 0) === 0) break
        await sleep(STATES_MS)
      }
    }
  })
  return {
    what: `${place}: ${count} jobs at once`,
    unit: 'jobs/s',
    bare: null,
    turnout: count / (took / 1000),
    goal: atLeast('turnout', 10),
  }
}

type Provider = Awaited<ReturnType<typeof startProvider>>

/** Both kinds of providers: one that answers with bytes, one that is asked until it is done. */
async function startProvider() {
  const picture = png(64, 128)
  const answer = JSON.stringify({
    created: 1,
    data: [{ b64_json: picture.toString('base64') }],
    usage: { input_tokens: 10, output_tokens: 100, total_tokens: 110 },
  })
  const done = new Map<string, number>()
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
      const base = `http://${request.headers.host}`
      if (pathname.startsWith('/samples/')) return void response.setHeader('content-type', 'image/png').end(picture)
      response.setHeader('content-type', 'application/json')
      if (pathname === '/bfl/v1/get_result') {
        const id = searchParams.get('id')!
        const ready = performance.now() >= done.get(id)!
        const result = ready ? { sample: `${base}/samples/${id}.png` } : null
        return void response.end(JSON.stringify({ id, status: ready ? 'Ready' : 'Pending', result }))
      }
      if (pathname.startsWith('/bfl/v1/')) {
        const id = `task-${done.size}`
        done.set(id, performance.now() + 300 + ((done.size * 7919) % 1_200))
        return void response.end(JSON.stringify({ id, polling_url: `${base}/bfl/v1/get_result?id=${id}`, cost: 3 }))
      }
      response.end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    doneAt: (id: string) => done.get(id) ?? Number.NaN,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
