import { z } from 'zod'

export const DeploymentId = z.object({ id: z.string().min(1).describe('Slashes in it may be encoded or not.') })

/** The id of a deployment may contain slashes that nobody has encoded: then the end of the path tells what is to be done. */
export const DEPLOYMENT_PATH = '/api/deployments/*'
