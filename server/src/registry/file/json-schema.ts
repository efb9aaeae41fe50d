import { Configuration } from '@turnout/contract'
import { z } from 'zod'

/** The JSON Schema of turnout.yaml, for editors, as the text of `docs/reference/turnout.schema.json`. */
export function renderConfigurationSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(Configuration, { io: 'input' })
  return `${JSON.stringify({ $schema, title: 'turnout.yaml', ...schema }, null, 2)}\n`
}
