import { CreateTemplate } from '@turnout/contract'
import { billboard } from './billboard.ts'
import { discountBanner } from './discount-banner.ts'
import { productShot } from './product-shot.ts'

/** The templates that come with Turnout, by id. They cannot be changed, but copied. */
export const BUILT_IN: ReadonlyMap<string, CreateTemplate> = new Map(
  [billboard, discountBanner, productShot].map((template) => [template.id, CreateTemplate.parse(template)]),
)
