import type { Keys, RequestLimiter } from '../access/types.ts'
import type { TemporaryPictures } from '../artifacts/temporary.ts'
import type { ArtifactService } from '../artifacts/types.ts'
import type { AnswerCache } from '../gateway/cache/cache.ts'
import type { Jobs } from '../gateway/jobs/service.ts'
import type { ImageServices } from '../gateway/media/pictures.ts'
import type { RelayServices } from '../gateway/relay/relay.ts'
import type { Router } from '../gateway/routing/router.ts'
import type { TextServices } from '../gateway/text/request.ts'
import type { BufferedWriter } from '../lib/buffered-writer.ts'
import type { Registry } from '../registry/types.ts'

/** Counts what becomes of requests. */
export interface RequestObserver {
  /** @param route Its pattern: one of few. */
  requestEnded(method: string, route: string, status: number, milliseconds: number): void
  streamBegan(): void
  streamEnded(): void
  /** A stream was judged after it had been sent. */
  streamJudged(passed: boolean): void
}

/** What the data plane works with. */
export interface DataPlane {
  registry: Registry
  keys: Keys
  limiter: RequestLimiter
  relay: RelayServices
  /** Chooses among the deployments of pools and roles. */
  router: Router
  /** Answers that are given again to requests that ask for it. */
  cache: AnswerCache
  requests: RequestObserver
  /** For providers that do not speak OpenAI's dialect. */
  text: TextServices
  /** For pictures by providers that do not speak OpenAI's dialect. */
  images: ImageServices
  artifacts: TemporaryPictures
  /** For videos, which take longer than a request. */
  jobs: Jobs
  /** Whether pictures of OpenAI's dialect are made by jobs as well. */
  durableImages: boolean
  /** What jobs have made, and what clients have brought. */
  kept: ArtifactService
  /** The emulator stands in for providers: every answer says so. */
  emulated: boolean
  /** Where clients reach this server, if it is not where their requests say. */
  publicUrl: string | undefined
  /** One line per request; undefined where the log level leaves them out. */
  accessLog: BufferedWriter | undefined
  log: { error(details: object, message: string): void }
  limits: { bodyBytes: number; imageBodyBytes: number; jsonDepth: number }
}
