import type { TransformSettings } from '@turnout/contract'

/** Whatever settings a request for pictures or videos may have. */
export type MediaSettings = Readonly<
  Partial<Record<keyof TransformSettings | 'width' | 'height', unknown>> &
    Partial<Record<'mask' | 'lastFrame', unknown>>
>
