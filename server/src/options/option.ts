import type { Kind } from './kinds.ts'

export interface Option<T = unknown> {
  variable: string
  /** Without the leading dashes. */
  flag: string
  kind: Kind<NonNullable<T>>
  /** As it would be written; undefined for an option that may be absent. */
  default: undefined extends T ? undefined : string
  /** What happens without it, where `default` is undefined. */
  otherwise?: string
  description: string
}
