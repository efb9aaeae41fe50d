import type { Attempt, CacheRule, Configuration, Model } from '@turnout/contract'
import type { z } from 'zod'
import type { BoundTarget, Target } from './common.ts'
import type { EmbedAnswer, EmbedCall, ImageCalls } from './media.ts'
import type { ProviderOptions, ProviderPreference } from './provider.ts'
import type { TextCalls } from './text.ts'

/** One call to one deployment, with what it counted and what it cost. */
export type AttemptRecord = Omit<Attempt, 'keyId' | 'emulated'>

export interface TurnoutOptions {
  /** Where credentials, base URLs, models and pools are looked for; `process.env` unless said otherwise. */
  env?: Readonly<Record<string, string | undefined>>
  /** Path of a turnout.yaml, or what would stand in one. It is read once. */
  configuration?: string | z.input<typeof Configuration>
  /** Whether engines on this machine (LM Studio, Ollama) are looked for; not unless said otherwise. */
  discovery?: boolean
  /** Hears of every attempt when it has ended, failed ones included. What it throws becomes a warning of the process. */
  onAttempt?: (record: AttemptRecord) => void
  /** Keeps answers to calls that are the same, where neither the call nor its pool says otherwise; not unless said. */
  cache?: Pick<CacheRule, 'ttlSeconds'>
  /** So much memory answers may take that are kept, in megabytes; 64 unless said otherwise, and 0 keeps none. */
  cacheMegabytes?: number
  /** Hosts, addresses and ranges that URLs of pictures may lead to although they are not public. */
  fetchAllowPrivate?: readonly string[]
}

/** The calls, by whom they may go to. */
export interface Calls<Where> {
  readonly text: TextCalls<Where>
  readonly image: ImageCalls<Where>
  /** @throws TurnoutError */
  embed(call: EmbedCall<Where>): Promise<EmbedAnswer>
}

/** What a source says and that cannot be used; the rest of it still is. */
export interface ConfigurationProblem {
  /** A variable, or a line and field of the configuration. */
  where: string
  message: string
}

export interface Turnout extends Calls<Target> {
  /** All models that are known, sorted by id; `available` tells whether one can be called. */
  readonly models: readonly Model[]
  readonly problems: readonly ConfigurationProblem[]
  /**
   * The same calls, bound to one provider: as the environment and the file
   * configure it or, given options, by those alone.
   *
   * @throws TurnoutError invalid_input by the name of the option
   */
  providerFor<Name extends string>(name: Name, options?: ProviderOptions<Name>): Calls<BoundTarget>
  providerFor(preference: ProviderPreference): Calls<BoundTarget>
  /** Cuts what is running and lets go of all connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
