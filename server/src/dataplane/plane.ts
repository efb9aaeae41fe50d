import type { Keys, RequestLimiter } from '../access/types.ts'
import type { Artifacts } from '../gateway/artifacts.ts'
import type { ImageServices } from '../gateway/media/pictures.ts'
import type { RelayServices } from '../gateway/relay/relay.ts'
import type { Router } from '../gateway/routing/router.ts'
import type { TextServices } from '../gateway/text/request.ts'
import type { BufferedWriter } from '../lib/buffered-writer.ts'
import type { Registry } from '../registry/types.ts'

/** What the data plane works with. */
export interface DataPlane {
  registry: Registry
  keys: Keys
  limiter: RequestLimiter
  relay: RelayServices
  /** Chooses among the deployments of pools and roles. */
  router: Router
  /** For providers that do not speak OpenAI's dialect. */
  text: TextServices
  /** For pictures by providers that do not speak OpenAI's dialect. */
  images: ImageServices
  artifacts: Artifacts
  /** The emulator stands in for providers: every answer says so. */
  emulated: boolean
  /** Where clients reach this server, if it is not where their requests say. */
  publicUrl: string | undefined
  /** One line per request; undefined where the log level leaves them out. */
  accessLog: BufferedWriter | undefined
  log: { error(details: object, message: string): void }
  limits: { bodyBytes: number; imageBodyBytes: number; jsonDepth: number }
}
