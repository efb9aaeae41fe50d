import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'

type Direction = 'there' | 'back'

/** One connection on the way. Whatever is held arrives late, and in its order, even where who said it is gone. */
export class Passage {
  readonly #client: Socket
  readonly #server: Socket
  readonly #held: Record<Direction, (() => void)[] | undefined> = { there: undefined, back: undefined }

  constructor(client: Socket, server: Socket) {
    this.#client = client
    this.#server = server
    client.on('data', (bytes) => this.#say('there', () => server.write(bytes)))
    server.on('data', (bytes) => this.#say('back', () => client.write(bytes)))
    client.on('close', () => this.#say('there', () => server.end()))
    server.on('close', () => this.#say('back', () => client.end()))
    for (const socket of [client, server]) socket.on('error', () => {})
  }

  hold(direction: Direction): void {
    this.#held[direction] ??= []
  }

  letGo(direction: Direction): void {
    const held = this.#held[direction] ?? []
    this.#held[direction] = undefined
    for (const say of held) say()
  }

  /** The client loses it; the server carries out what it has been asked, also what is still held. */
  drop(): void {
    this.#client.destroy()
  }

  /** Both lose it, and what is held. */
  cut(): void {
    this.#client.destroy()
    this.#server.destroy()
  }

  #say(direction: Direction, what: () => void): void {
    const held = this.#held[direction]
    if (held) held.push(what)
    else what()
  }
}

/** A way to a PostgreSQL, on which tests can do what networks and servers do. */
export interface Way {
  /** The address of the server, by this way. */
  url: string
  passages: ReadonlySet<Passage>
  close(): void
}

export async function wayTo(url: string): Promise<Way> {
  const { hostname, port } = new URL(url)
  const passages = new Set<Passage>()
  const server = createServer((client) => {
    const passage = new Passage(client, dial(Number(port || 5432), hostname))
    passages.add(passage)
    client.on('close', () => passages.delete(passage))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port: own } = server.address() as AddressInfo
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).href,
    passages,
    close() {
      server.close()
      for (const passage of passages) passage.cut()
    },
  }
}
