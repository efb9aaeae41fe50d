/** What the upstream does with the requests that follow. */
export type Behaviour =
  | { kind: 'json' }
  /** `gapMs` is the mean time between two chunks; each differs from it by up to half. 0 sends them in a row. */
  | { kind: 'stream'; chunks: number; gapMs: number }
  /** Sends the first chunk and then nothing until the client hangs up. */
  | { kind: 'hold' }

/** What requests go to, and with which headers besides those of the body. */
export interface Target {
  port: number
  headers: Readonly<Record<string, string>>
}

export type LoadCommand =
  | { do: 'run'; target: Target; body: string; connections: number; requests: number; timeoutMs: number }
  /** Opens streams and leaves them open; ends when each has got its first bytes. */
  | { do: 'open'; target: Target; body: string; streams: number; timeoutMs: number }
  /** Hangs up on every stream that is open. */
  | { do: 'close' }

/** What a run came to. */
export interface LoadResult {
  requests: number
  elapsedMs: number
  /** How often the operating system had bytes for the client. */
  reads: number
  medianMs: number
  p99Ms: number
}

/** The first thing that a server process of the bench says. */
export interface Listening {
  port: number
}
