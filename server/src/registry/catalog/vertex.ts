import type { ModelPatch } from '@turnout/contract'
import { GOOGLE } from './google.ts'

/**
 * The living models of the Gemini API that Vertex AI serves under the same
 * names: the Gemini family for text and pictures, and Veo. Its prices are the
 * Gemini API's for global endpoints. Source: Vertex AI's model pages, read
 * November 2026.
 */
export const VERTEX: ModelPatch[] = GOOGLE.filter(
  ({ id, lifecycle }) => /^(gemini|veo)-/.test(id) && lifecycle?.status !== 'retired',
).map(({ aliases: _, description: __, ...model }) => ({
  ...model,
  id: `vertex/${model.id}`,
  // Only the Gemini API still calls Veo a preview.
  upstreamId: (model.upstreamId ?? model.id).replace(/^(veo-.*)-preview$/, '$1-001'),
  provider: 'vertex',
  ...(model.lifecycle?.replacedBy && {
    lifecycle: { ...model.lifecycle, replacedBy: `vertex/${model.lifecycle.replacedBy}` },
  }),
}))
