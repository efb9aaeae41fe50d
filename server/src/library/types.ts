/** The types of the library. */
export type * from './types/common.ts'
export type * from './types/media.ts'
export type * from './types/provider.ts'
export type * from './types/text.ts'
export type * from './types/turnout.ts'
