import type { Model } from '@turnout/contract'
import { sentenceOf } from '../../core/image/answer.ts'
import { formatSize, nearestSize, parseSize, reasonOfSize } from '../../core/image/size.ts'

/** What must differ in a request whose size its model does not take, and the sentence that says so. */
export interface FittedSize {
  changes: { size?: string }
  warnings: string[]
}

const AS_ASKED: FittedSize = { changes: {}, warnings: [] }

/** The nearest size that the model takes, for a request that goes on as bytes. */
export function fittedSize({ limits }: Model, asked: string | null | undefined): FittedSize {
  if (!asked || asked === 'auto') return AS_ASKED
  const used = formatSize(nearestSize(limits, parseSize(asked)))
  if (used === asked) return AS_ASKED
  return {
    changes: { size: used },
    warnings: [sentenceOf({ setting: 'size', asked, used, reason: reasonOfSize(limits) })],
  }
}
