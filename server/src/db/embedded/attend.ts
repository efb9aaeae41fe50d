import type { Socket } from 'node:net'
import { type ErrorReport, GREETING, type Question, type RawResult, receive, send } from './protocol.ts'
import type { Holder, Session } from './session.ts'

interface Channel {
  sockets: Set<Socket>
  heard: Promise<unknown>
}

/** Who listens to what. */
export class Channels {
  readonly #session: Session
  readonly #channels = new Map<string, Channel>()

  constructor(session: Session) {
    this.#session = session
  }

  async join(name: string, socket: Socket): Promise<void> {
    const channel = this.#channels.get(name) ?? this.#open(name)
    channel.sockets.add(socket)
    await channel.heard
  }

  leave(socket: Socket): void {
    for (const { sockets } of this.#channels.values()) sockets.delete(socket)
  }

  #open(name: string): Channel {
    const sockets = new Set<Socket>()
    const heard = this.#session.listen(this, name, (payload) => {
      for (const socket of sockets) send(socket, { channel: name, payload })
    })
    heard.catch(() => this.#channels.delete(name))
    const channel = { sockets, heard }
    this.#channels.set(name, channel)
    return channel
  }
}

function report(error: unknown): ErrorReport {
  const { message, code, severity, detail, hint, table, column, constraint } = error as ErrorReport
  return { message: message ?? String(error), code, severity, detail, hint, table, column, constraint }
}

/**
 * Serves one client until it hangs up.
 * @param onLeave The client says goodbye, as the owner of this process or not; resolves when others are still there.
 */
export function attend(
  socket: Socket,
  session: Session,
  channels: Channels,
  onLeave: (owner: boolean) => Promise<void>,
): void {
  /** For what stands alone. */
  const nobody: Holder = {}
  const turns = new Map<number, Holder>()
  const work = async (question: Question): Promise<RawResult | undefined> => {
    switch (question.ask) {
      case 'query': {
        const { turn, ...query } = question
        return turn === 0 ? session.query(nobody, query) : session.queryAlone(turns.get(turn) ?? nobody, query)
      }
      case 'begin': {
        const holder: Holder = {}
        turns.set(question.turn, holder)
        await session.begin(holder)
        return undefined
      }
      case 'end': {
        const holder = turns.get(question.turn)
        turns.delete(question.turn)
        // One that has stopped waiting for its turn is not to get it later.
        if (holder) await session.leave(holder)
        return undefined
      }
      case 'listen':
        await channels.join(question.channel, socket)
        return undefined
      case 'leave':
        await onLeave(question.owner)
        return undefined
    }
  }
  receive<Question>(socket, (question) => {
    work(question).then(
      (result) => send(socket, { id: question.id, result }),
      (error: unknown) => send(socket, { id: question.id, error: report(error) }),
    )
  })
  socket.on('close', () => {
    channels.leave(socket)
    for (const holder of [nobody, ...turns.values()]) void session.leave(holder)
  })
  send(socket, { id: GREETING, result: undefined })
}
