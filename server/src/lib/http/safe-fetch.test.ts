import type { LookupAddress } from 'node:dns'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isPublic, parseAllowed } from './addresses.ts'
import { type SafeFetchError, SafeFetcher, type SafeFetcherOptions } from './safe-fetch.ts'

const REQUEST = { maxBytes: 1000, timeoutMs: 10_000 }

let server: Server
let port: number
let asked: IncomingMessage[]
const routes: Record<string, (response: ServerResponse) => void> = {
  '/picture': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end('picture'),
  '/absent': (response) => response.writeHead(404).end('no'),
  '/packed': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  '/long': (response) => response.writeHead(200, { 'content-length': '1001' }).end('x'.repeat(1001)),
  '/endless': (response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(100))) {}
    }
    response.on('drain', more)
    more()
  },
  '/silent': (response) => response.write('x'),
  '/mute': () => {},
  '/near': (response) => response.writeHead(302, { location: 'picture' }).end(),
  '/loop': (response) => response.writeHead(307, { location: '/loop' }).end(),
  '/inside': (response) => response.writeHead(302, { location: 'http://inside.example/picture' }).end(),
  '/metadata': (response) => response.writeHead(301, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  '/file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
}
const hop = (left: number) => (response: ServerResponse) =>
  response.writeHead(308, { location: left === 1 ? '/picture' : `/hop${left - 1}` }).end()
for (const left of [1, 2, 3, 4]) routes[`/hop${left}`] = hop(left)

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request)
    routes[request.url!]!(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  asked = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const HERE: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }]
/** `outside.example` stands for the internet: it leads to this test, whose address is allowed. */
const NAMES: Record<string, LookupAddress[]> = {
  'outside.example': HERE,
  'inside.example': [{ address: '10.1.2.3', family: 4 }],
  'both.example': [{ address: '93.184.216.34', family: 4 }, ...HERE],
  'none.example': [],
}
const fetcher = (options: SafeFetcherOptions = {}) =>
  new SafeFetcher({ allowed: ['127.0.0.1'], resolve: async (name) => NAMES[name] ?? [], ...options })
const outside = (path: string) => `http://outside.example:${port}${path}`
const failure = async (url: string, options?: SafeFetcherOptions, request = REQUEST): Promise<SafeFetchError> =>
  fetcher(options)
    .read(url, request)
    .then(
      () => expect.unreachable(`${url} was fetched`),
      (error: SafeFetchError) => error,
    )

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('%s is not public', (address) => expect(isPublic(address)).toBe(false))

  test.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1', '64:ff9b::101:101'])(
    '%s is',
    (address) => expect(isPublic(address)).toBe(true),
  )

  test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0/8/8', 'http://host', 'a b', '', '*', 'x/8'])(
    '%j cannot be allowed',
    (entry) => expect(() => parseAllowed([entry])).toThrow(RangeError),
  )
})

describe('what is not on the public internet is not fetched', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0x7f.0.0.1./',
    'http://１２７.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[fd00:ec2::254]/latest/meta-data',
    'http://169.254.169.254/latest/meta-data',
    'http://inside.example/',
    'https://inside.example/',
  ])('%s', async (url) => {
    expect(await failure(url, { allowed: [] })).toMatchObject({
      reason: 'refused',
      message: 'is not on the public internet',
    })
  })

  test('not even where only one of its addresses is private', async () => {
    expect(await failure('http://both.example/', { allowed: [] })).toMatchObject({ reason: 'refused' })
  })

  test.each(['file:///etc/passwd', 'ftp://outside.example/', 'data:text/plain,x', 'gopher://outside.example', 'x'])(
    '%s is no URL of the web',
    async (url) => expect(await failure(url)).toMatchObject({ reason: 'refused' }),
  )

  test('nor is a URL with a credential', async () => {
    const url = outside('/picture').replace('://', '://user:secret@')
    expect(await failure(url)).toMatchObject({ reason: 'refused' })
    expect(asked).toEqual([])
  })
})

describe('what is allowed', () => {
  test('is fetched, without credentials and unpacked', async () => {
    const { contentType, bytes } = await fetcher().read(outside('/picture'), REQUEST)
    expect({ contentType, text: bytes.toString() }).toEqual({ contentType: 'image/png', text: 'picture' })
    const [{ headers } = {}] = asked
    expect(headers).toMatchObject({ host: `outside.example:${port}`, 'accept-encoding': 'identity' })
    expect(Object.keys(headers!)).not.toContain('authorization')
    expect(Object.keys(headers!)).not.toContain('cookie')
  })

  test.each([['outside.example'], ['127.0.0.0/8'], [' OUTSIDE.example '], ['::/0', '0.0.0.0/0']])(
    'by %s',
    async (...allowed) => {
      expect((await fetcher({ allowed }).read(outside('/picture'), REQUEST)).bytes.toString()).toBe('picture')
    },
  )

  test('by being the origin that the configuration names', async () => {
    const url = `http://127.0.0.1:${port}/picture`
    const trusting = { ...REQUEST, trust: `http://127.0.0.1:${port}` }
    expect((await fetcher({ allowed: [] }).read(url, trusting)).bytes.toString()).toBe('picture')
    const other = { ...REQUEST, trust: `http://127.0.0.1:${port + 1}` }
    expect(await failure(url, { allowed: [] }, other)).toMatchObject({ reason: 'refused' })
  })
})

describe('a name', () => {
  test('is resolved once: what was checked is what is connected to', async () => {
    const answers = [HERE, [{ address: '127.0.0.2', family: 4 }]]
    let lookups = 0
    const resolve = async () => answers[lookups++]!
    expect((await fetcher({ resolve }).read(outside('/picture'), REQUEST)).bytes.toString()).toBe('picture')
    expect(lookups).toBe(1)
  })

  test('that has changed its address in between is refused', async () => {
    const answers = [HERE, [{ address: '10.0.0.1', family: 4 }]]
    const one = fetcher({ resolve: async () => answers.shift()! })
    await one.read(outside('/picture'), REQUEST)
    await expect(one.read(outside('/picture'), REQUEST)).rejects.toMatchObject({ reason: 'refused' })
  })

  test('is resolved anew for every redirect', async () => {
    const answers = [HERE, [{ address: '10.0.0.1', family: 4 }]]
    const error = await failure(outside('/near'), { resolve: async () => answers.shift()! })
    expect(error).toMatchObject({ reason: 'refused' })
    expect(asked.map(({ url }) => url)).toEqual(['/near'])
  })

  test('without an address, or that cannot be resolved, is a matter of the network', async () => {
    expect(await failure('http://none.example/')).toMatchObject({ reason: 'network' })
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    expect(await failure('http://x.example/', { resolve })).toMatchObject({
      reason: 'network',
      message: expect.stringContaining('ENOTFOUND'),
    })
  })

  test('whose server does not answer ends in time', async () => {
    const resolve = () => new Promise<LookupAddress[]>(() => {})
    expect(await failure('http://x.example/', { resolve }, { ...REQUEST, timeoutMs: 50 })).toMatchObject({
      reason: 'timeout',
    })
  })
})

describe('a redirect', () => {
  test('is followed, also a relative one, three times at most', async () => {
    expect((await fetcher().read(outside('/near'), REQUEST)).bytes.toString()).toBe('picture')
    expect((await fetcher().read(outside('/hop3'), REQUEST)).bytes.toString()).toBe('picture')
    expect(await failure(outside('/hop4'))).toMatchObject({ reason: 'refused' })
    expect(await failure(outside('/loop'))).toMatchObject({ reason: 'refused' })
  })

  test.each(['/inside', '/metadata', '/file'])('is checked like the first address: %s', async (path) => {
    expect(await failure(outside(path))).toMatchObject({ reason: 'refused' })
    expect(asked).toHaveLength(1)
  })

  test('from a trusted origin is trusted no further', async () => {
    const trusting = { ...REQUEST, trust: `http://127.0.0.1:${port}` }
    const error = await failure(`http://127.0.0.1:${port}/metadata`, { allowed: [] }, trusting)
    expect(error).toMatchObject({ reason: 'refused' })
  })
})

describe('an answer', () => {
  test.each(['/long', '/endless'])('that is too large is cut off: %s', async (path) => {
    expect(await failure(outside(path))).toMatchObject({ reason: 'too_large' })
  })

  test.each(['/silent', '/mute'])('that does not come to its end in time is given up: %s', async (path) => {
    expect(await failure(outside(path), {}, { ...REQUEST, timeoutMs: 100 })).toMatchObject({ reason: 'timeout' })
  })

  test('with another status is none', async () => {
    expect(await failure(outside('/absent'))).toMatchObject({ reason: 'status', status: 404 })
  })

  test('that is packed although nobody asked is none', async () => {
    expect(await failure(outside('/packed'))).toMatchObject({ reason: 'network' })
  })

  test('nobody wants any more ends with the reason of the caller', async () => {
    const controller = new AbortController()
    const reading = fetcher().read(outside('/silent'), { ...REQUEST, signal: controller.signal })
    const reason = new Error('gone')
    setImmediate(() => controller.abort(reason))
    await expect(reading).rejects.toBe(reason)
  })

  test('that is left unread closes its connection', async () => {
    const { body } = await fetcher().open(outside('/endless'), { ...REQUEST, maxBytes: 1e9 })
    for await (const _ of body) break
    await expect.poll(() => asked[0]!.socket.destroyed).toBe(true)
  })
})
