import { z } from 'zod'

/** The id of a model may contain slashes, plain or encoded: the rest of the path is the id. */
export const ModelPath = z.object({ '*': z.string().min(1) })

export const MODEL_PATH = '/api/models/*'
