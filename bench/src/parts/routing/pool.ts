import { DEFAULT_TIMEOUTS } from 'turnout/src/core/deployment.ts'
import { preparePrices } from 'turnout/src/core/price.ts'
import { DEFAULT_RETRY } from 'turnout/src/core/retry.ts'
import type { Candidate } from 'turnout/src/core/route.ts'

/** A pool as large as asked for, whose members differ in price and weight and state what they can do. */
export const candidates = (size: number): Candidate[] =>
  Array.from({ length: size }, (_, at): Candidate => {
    const id = `provider-${at % 7}/model-${at}`
    const rates = [
      { unit: 'inputToken' as const, usd: `0.${(at % 9) + 1}`, per: 1_000_000 },
      { unit: 'outputToken' as const, usd: `${(at % 5) + 1}`, per: 1_000_000 },
    ]
    const provider = {
      id: `provider-${at % 7}`,
      adapter: 'openai',
      baseUrl: 'http://localhost',
      headers: {},
      flags: {},
      settings: {},
      local: false,
      emulated: false,
      maxConnections: 10,
    }
    return {
      weight: (at % 4) + 1,
      deployment: {
        id,
        upstreamId: id,
        provider,
        prices: preparePrices({ rates, source: 'the bench', asOf: '2026-01-01' }),
        retry: DEFAULT_RETRY,
        timeouts: DEFAULT_TIMEOUTS,
        model: {
          id,
          name: id,
          aliases: [],
          provider: provider.id,
          upstreamId: id,
          input: ['text', 'image'],
          output: ['text'],
          capabilities: { streaming: true, tools: true, vision: at % 2 === 0 },
          limits: { contextTokens: 128_000, outputTokens: 16_000 },
          prices: null,
          defaults: {},
          lifecycle: { status: 'active' },
          enabled: true,
          tags: [],
          flags: {},
          settings: {},
          retry: {},
          timeouts: {},
          provenance: { layer: 'file', overrides: [], fields: {} },
          available: true,
        },
      },
    }
  })
