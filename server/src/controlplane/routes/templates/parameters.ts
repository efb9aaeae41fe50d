import { TemplateId } from '@turnout/contract'
import { z } from 'zod'

export const IdParams = z.object({ id: TemplateId })
