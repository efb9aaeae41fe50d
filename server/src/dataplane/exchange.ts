import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CacheStatus, Role, ValidationVerdict } from '@turnout/contract'
import { readSecret } from '../access/bearer.ts'
import { requireRole } from '../access/roles.ts'
import type { Principal } from '../access/types.ts'
import { TurnoutError, toOpenAIError } from '../core/error.ts'
import { formatDollars } from '../core/price.ts'
import type { Route } from '../core/route.ts'
import type { Assignment, Identity } from '../core/routing/experiment.ts'
import type { CacheClient } from '../gateway/cache/run.ts'
import type { AnswerHead, Running } from '../gateway/relay/types.ts'
import { attemptsOf } from '../gateway/routing/failure.ts'
import { isSole, soleDeployment } from '../gateway/routing/router.ts'
import { ChunkedBody } from '../lib/http/chunks.ts'
import { newId } from '../lib/ids.ts'
import { accessLine } from './access-line.ts'
import { headerText, warningsText } from './header-text.ts'
import { patternOf } from './pattern.ts'
import type { DataPlane } from './plane.ts'

const SHORT_BODY_BYTES = 16 * 1024

/** Turns a whole answer into what the client asked for, where that is not what came. */
export type AnswerFilter = (body: Buffer) => Promise<Buffer>

/** One request of the data plane and its answer. */
export class Exchange implements CacheClient {
  readonly requestId = newId('req')
  readonly plane: DataPlane
  readonly request: IncomingMessage
  readonly #response: ServerResponse
  readonly #startedAt = performance.now()
  #principal: Principal | undefined
  #limitHeaders: string[] = []
  /** What is told of an answer that no call of this request makes. */
  #toldHeaders: string[] = []
  #model = ''
  /** What the client asked for, for the access log of a request that leads to no model. */
  #wanted = ''
  #provider = ''
  #substitutedFor: string | undefined
  /** The pool or role that was asked for, where it was not a model. */
  #route: string | undefined
  /** The variant that was given, where the request takes part in an experiment. */
  #assignment: Assignment | undefined
  /** US dollars, once the cost is known. */
  #cost: string | undefined
  #attempts = 0
  #running: Running | undefined
  #filter: AnswerFilter | undefined
  #endMarker = ''
  #error: TurnoutError | undefined
  /** What came of a stream that was judged at its end. */
  #verdict: ValidationVerdict | undefined
  #cacheStatus: CacheStatus | undefined
  /** The body of a stream that has begun. */
  #stream: ChunkedBody | undefined

  constructor(plane: DataPlane, request: IncomingMessage, response: ServerResponse) {
    this.plane = plane
    this.request = request
    this.#response = response
    response.on('close', () => this.#onClose())
  }

  /** Who asks. @throws TurnoutError authentication, permission, rate_limit */
  async authorize(role: Role, counted: boolean): Promise<Principal> {
    const { keys, limiter, registry } = this.plane
    const known = keys.authenticate(readSecret(this.request.headers))
    const principal = known instanceof Promise ? await known : known
    this.#principal = principal
    requireRole(principal, role)
    if (!counted) return principal
    const taken = limiter.take(principal, registry.snapshot.defaultRequestsPerMinute)
    const state = taken instanceof Promise ? await taken : taken
    if (state === undefined) return principal
    const seconds = Math.max(1, Math.ceil(state.resetMs / 1000))
    this.#limitHeaders = [
      'x-ratelimit-limit-requests',
      String(state.limit),
      'x-ratelimit-remaining-requests',
      String(state.remaining),
      'x-ratelimit-reset-requests',
      `${seconds}s`,
    ]
    if (!state.allowed) {
      throw new TurnoutError(
        'rate_limit',
        `This virtual key may make ${state.limit} requests per minute; try again in ${seconds} s.`,
        {
          retryAfterMs: seconds * 1000,
        },
      )
    }
    return principal
  }

  /** What the request belongs to. */
  get session(): string | undefined {
    const session = this.request.headers['x-turnout-session']
    return typeof session === 'string' && session !== '' ? session : undefined
  }

  /** Whose request it is. @param user The end user that the body names. */
  identity(user: string | null | undefined): Identity {
    const { requestId, session } = this
    return { requestId, session, keyId: this.#principal?.keyId, user: user ?? this.#principal?.owner }
  }

  /** Aborted when the client goes away. */
  get signal(): AbortSignal {
    const controller = new AbortController()
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) {
        controller.abort(new TurnoutError('canceled', 'The client went away.'))
      }
    })
    return controller.signal
  }

  /** What the answer says in its head, whatever becomes of it; and of which model it is, for the access log. */
  tell(headers: Readonly<Record<string, string>>, warnings: readonly string[] = [], model = this.#model): void {
    this.#model = model
    for (const [name, value] of Object.entries(headers)) this.#toldHeaders.push(name, headerText(value))
    if (warnings.length > 0) this.#toldHeaders.push('x-turnout-warnings', warningsText(warnings))
  }

  /** Whole answers go through it from now on; undefined lets them pass as they are. */
  filterBy(filter: AnswerFilter | undefined): void {
    this.#filter = filter
  }

  /** What is said of a stream that has been sent, for the access log. */
  noteVerdict(verdict: ValidationVerdict): void {
    this.#verdict = verdict
    this.plane.requests.streamJudged(verdict.passed)
  }

  noteCache(status: CacheStatus, streamed: boolean, ageMs?: number): void {
    this.#cacheStatus = status
    this.#toldHeaders.push('x-turnout-cache', status)
    if (ageMs !== undefined) this.#toldHeaders.push('age', String(Math.floor(ageMs / 1000)))
    // Whole answers tell their cost anyway, and a stream does so at its end.
    if (streamed && status !== 'miss') this.#toldHeaders.push('x-turnout-cost', '0')
  }

  /** The client names a model, a pool or a role; nobody has checked yet whether there is one. */
  wants(name: string): void {
    this.#wanted = name.slice(0, 200)
  }

  /**
   * Starts what brings the answer, unless there is nobody left to answer.
   *
   * @param endMarker What a complete stream ends with.
   */
  run(running: Running, route: Route, endMarker = ''): void {
    this.#endMarker = endMarker
    this.#substitutedFor = route.substitutedFor
    if (isSole(route)) {
      const { model, provider } = soleDeployment(route)
      this.#model = model.id
      this.#provider = provider.id
    } else {
      this.#model = route.name
      this.#route = route.name
      this.#assignment = route.assignment
    }
    if (this.#response.destroyed) return
    this.#running = running
    running.start()
  }

  /** Answers with JSON that needs no upstream. */
  json(body: string): void {
    this.#response.writeHead(200, [
      ...this.#commonHeaders(),
      'content-type',
      'application/json',
      'content-length',
      String(Buffer.byteLength(body)),
    ])
    this.#end(body)
  }

  /** Begins an answer that needs no upstream and has headers of its own. */
  open(status: number, headers: readonly string[]): ServerResponse {
    return this.#response.writeHead(status, [...this.#commonHeaders(), ...headers])
  }

  /** Begins an answer of bytes that need no upstream. */
  stream(contentType: string, size: number): ServerResponse {
    return this.#response.writeHead(200, [
      ...this.#commonHeaders(),
      'content-type',
      contentType,
      'content-length',
      String(size),
      'cache-control',
      'private, max-age=3600',
      'x-content-type-options',
      'nosniff',
      // A picture may be SVG, which is a document that runs scripts.
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    ])
  }

  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    if (this.#filter) {
      this.#filter(body).then(
        (filtered) => this.#answer(head, cost, filtered),
        (error: unknown) => this.fail(TurnoutError.from(error), head.attempts),
      )
    } else this.#answer(head, cost, body)
  }

  begin(head: AnswerHead): void {
    this.#response.on('drain', () => this.#running?.resume())
    const headers = this.#answerHeaders(head)
    headers.push('content-type', head.contentType, 'cache-control', 'no-cache', 'x-accel-buffering', 'no')
    if (this.#takesTrailers) headers.push('trailer', 'x-turnout-cost')
    this.#response.writeHead(200, headers)
    this.#stream = new ChunkedBody(this.#response)
    this.plane.requests.streamBegan()
  }

  write(bytes: Buffer): boolean {
    return this.#stream!.write(bytes)
  }

  end(cost: bigint | null): void {
    this.#cost = cost === null ? undefined : formatDollars(cost)
    this.#stream!.end(this.#endMarker, this.#cost === undefined ? {} : { 'x-turnout-cost': this.#cost })
  }

  fail(error: TurnoutError, attempts = this.#attempts): void {
    this.#error = error
    this.#attempts = attempts
    if (error.code === 'internal')
      this.plane.log.error({ requestId: this.requestId, err: error.cause ?? error }, 'internal error')
    const response = this.#response
    if (response.destroyed || response.writableEnded) return
    if (error.code === 'canceled') {
      response.destroy()
      return
    }
    const told = toOpenAIError(error, this.requestId)
    const tried = attemptsOf(error)
    const body = JSON.stringify(tried ? { error: { ...told.error, attempts: tried } } : told)
    if (this.#stream !== undefined) {
      this.#stream.end(`event: error\ndata: ${body}\n\n`)
      return
    }
    if (response.headersSent) {
      // Nothing can be said in the midst of other bytes; they must not pass for whole.
      response.destroy()
      return
    }
    const headers = [
      ...this.#commonHeaders(),
      'content-type',
      'application/json',
      'content-length',
      String(Buffer.byteLength(body)),
      // SDKs retry by status alone: without this a request that may have been paid would be sent again.
      'x-should-retry',
      String(error.retryable),
    ]
    if (this.#provider)
      headers.push('x-turnout-model', headerText(this.#model), 'x-turnout-provider', headerText(this.#provider))
    this.#addRoute(headers)
    if (attempts > 0) headers.push('x-turnout-attempts', String(attempts))
    if (error.retryAfterMs !== undefined) headers.push('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
    if (error.status === 405) headers.push('allow', (error.details as { allow: string }).allow)
    response.writeHead(error.status, headers)
    this.#end(body)
  }

  #answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    const headers = this.#answerHeaders(head)
    headers.push('content-type', head.contentType, 'content-length', String(body.length))
    if (cost !== null) {
      this.#cost = formatDollars(cost)
      headers.push('x-turnout-cost', this.#cost)
    }
    this.#response.writeHead(200, headers)
    this.#end(body)
  }

  #end(body: Buffer | string): void {
    const response = this.#response
    // A short body goes out in one piece with the head if it is text; in Latin-1 every byte is a character.
    if (typeof body === 'string' || body.length > SHORT_BODY_BYTES) response.end(body)
    else response.end(body.toString('latin1'), 'latin1')
  }

  get #takesTrailers(): boolean {
    return this.request.httpVersionMinor > 0
  }

  #commonHeaders(): string[] {
    const headers = ['x-turnout-request-id', this.requestId, 'x-request-id', this.requestId, ...this.#limitHeaders]
    if (this.#toldHeaders.length > 0) headers.push(...this.#toldHeaders)
    if (this.plane.emulated) headers.push('x-turnout-emulated', 'true')
    return headers
  }

  #answerHeaders({ deployment, attempts, warnings, hedged }: AnswerHead): string[] {
    this.#attempts = attempts
    this.#model = deployment.model.id
    this.#provider = deployment.provider.id
    const headers = this.#commonHeaders()
    headers.push(
      'x-turnout-model',
      headerText(this.#model),
      'x-turnout-provider',
      headerText(this.#provider),
      'x-turnout-attempts',
      String(attempts),
    )
    this.#addRoute(headers)
    if (hedged !== undefined) headers.push('x-turnout-hedged', hedged)
    if (this.#substitutedFor !== undefined) headers.push('x-turnout-substituted-for', headerText(this.#substitutedFor))
    if (warnings?.length) headers.push('x-turnout-warnings', warningsText(warnings))
    return headers
  }

  /** By which pool or role the answer came about, and how many of its deployments had failed before. */
  #addRoute(headers: string[]): void {
    if (this.#route === undefined) return
    headers.push('x-turnout-route', headerText(this.#route))
    headers.push('x-turnout-fallbacks', String(this.#running?.fallbacks ?? 0))
    if (this.#assignment === undefined) return
    const { experiment, variant } = this.#assignment
    headers.push('x-turnout-experiment', headerText(experiment), 'x-turnout-variant', headerText(variant))
  }

  #onClose(): void {
    const finished = this.#response.writableFinished
    if (!finished) this.#running?.cancel()
    const { accessLog, requests } = this.plane
    const url = this.request.url!
    const query = url.indexOf('?')
    const path = query === -1 ? url : url.slice(0, query)
    const status = finished || this.#error !== undefined ? this.#response.statusCode : 499
    const took = performance.now() - this.#startedAt
    if (this.#stream !== undefined) requests.streamEnded()
    requests.requestEnded(this.request.method!, patternOf(path), status, took)
    accessLog?.write(
      accessLine({
        requestId: this.requestId,
        method: this.request.method!,
        // The query of a link to a picture is what lets one fetch it: it is no business of the log.
        path,
        status,
        took,
        key: this.#principal?.keyId ?? '',
        model: this.#model || this.#wanted,
        provider: this.#provider,
        attempts: this.#running?.attempts ?? 0,
        cost: this.#cost,
        error: this.#error?.code,
        cache: this.#cacheStatus,
        verdict: this.#verdict,
      }),
    )
  }
}
