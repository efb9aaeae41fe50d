import type { PoolConfiguration, RoleConfiguration } from '@turnout/contract'

/**
 * Roles of a pipeline that builds sites and small applications, switched on by
 * `preset: site-builder`. What is shown first (landing pages, cards) goes to
 * models that write with taste and quickly, what people work with (shops,
 * bookings, dashboards) to those that keep to a contract. Members whose
 * provider is not configured are passed over.
 */
const pool = (
  description: string,
  models: readonly string[],
  extra: Partial<PoolConfiguration> = {},
): PoolConfiguration => ({
  description,
  strategy: 'priority',
  members: models.map((model) => ({ model, weight: 1 })),
  fallback: { max: 3, on: {} },
  degrade: false,
  ...extra,
})

const LIGHT = ['gpt-5.4-nano', 'gemini-3.5-flash-lite', 'claude-haiku-4-5', 'gpt-5.4-mini']
const MIDDLE = ['gpt-5.4-mini', 'gemini-3.8-flash', 'claude-sonnet-4-6', 'gpt-5.4']
const STABLE = ['gpt-5.4', 'claude-sonnet-5', 'gemini-3.1-pro-preview', 'gpt-5.5']
const QUICK = ['gemini-3.8-flash', 'gpt-5.4-mini', ...STABLE]
const TASTE = ['claude-sonnet-5', 'claude-opus-5', 'gemini-3.1-pro-preview', 'gpt-5.5']

const POOLS: Readonly<Record<string, PoolConfiguration>> = {
  light: pool('Small and quick: classification, short rewrites.', LIGHT),
  middle: pool('Between cost and quality.', MIDDLE),
  stable: pool('Keeps to instructions and schemas.', STABLE),
  quick: pool('Quick first, stable behind.', QUICK),
  taste: pool('Style and looks, with an eye for pictures.', TASTE, { degrade: true }),
}

/** Products whose looks decide, and products that people rely on. */
const AESTHETIC = ['landing', 'card']
const RELIABLE = ['ecommerce', 'booking', 'dashboard']

const byProduct = (aesthetic: string, reliable: string): Record<string, string> =>
  Object.fromEntries([
    ...AESTHETIC.map((product) => [product, aesthetic]),
    ...RELIABLE.map((product) => [product, reliable]),
  ])

const role = (description: string, pool: string, products: Record<string, string> = {}): RoleConfiguration => ({
  description,
  pool,
  products,
  needs: [],
})

const ROLES: Readonly<Record<string, RoleConfiguration>> = {
  classifier: role('Tells what a request is about.', 'light'),
  writer: role('Writes the page or the application.', 'stable', byProduct('quick', 'stable')),
  expander: role('Makes much of little.', 'middle'),
  validator: role('Judges the answers of others.', 'stable'),
  style_refiner: role('Gives the result its looks.', 'taste', byProduct('taste', 'stable')),
  prompt_enhancer: role('Makes a better prompt of a short one.', 'light'),
}

/** What one line of configuration switches on. */
export const ROUTING_PRESETS = { 'site-builder': { pools: POOLS, roles: ROLES } } as const

export const isPreset = (name: string): name is keyof typeof ROUTING_PRESETS => Object.hasOwn(ROUTING_PRESETS, name)
