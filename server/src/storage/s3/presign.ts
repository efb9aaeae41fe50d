import type { PresignOptions } from '../../core/artifact.ts'
import type { Connected } from './client.ts'

interface Request {
  protocol: string
  hostname: string
  port?: number
  path: string
  query: Record<string, string>
  headers: Record<string, string>
}

/** The client's own signer, of which its types tell the half only. */
interface Presigner {
  presign(
    request: Request,
    options: { expiresIn: number; signingRegion: string; signingService: string },
  ): Promise<Request>
}

interface Step {
  step: 'build'
  name: string
  priority: 'low'
}

type Middleware = (next: unknown) => (args: { request: Request }) => Promise<object>

function urlOf({ protocol, hostname, port, path, query }: Request): string {
  const host = port === undefined ? hostname : `${hostname}:${port}`
  return `${protocol}//${host}${path}?${new URLSearchParams(query).toString().replaceAll('+', '%20')}`
}

/**
 * The address of an object with a signature in its query. The client builds
 * the request as it would to send it; then its signer signs the address
 * instead, and nothing is sent.
 */
export async function presigned(
  { library, client }: Connected,
  target: { Bucket: string; Key: string },
  { expiresInSeconds, mediaType, disposition }: PresignOptions,
): Promise<string> {
  const region = await client.config.region()
  const scheme = { name: 'sigv4', signingRegion: region, signingName: 's3', properties: {} }
  const signer = (await client.config.signer(scheme)) as unknown as Presigner
  const command = new library.GetObjectCommand({
    ...target,
    ResponseContentType: mediaType,
    ResponseContentDisposition: disposition,
  })
  let url = ''
  const signInstead: Middleware =
    () =>
    async ({ request }) => {
      // Whoever follows the address sends none of the client's headers.
      const bare = { ...request, headers: { host: request.headers.host ?? request.hostname } }
      const options = { expiresIn: expiresInSeconds, signingRegion: region, signingService: 's3' }
      url = urlOf(await signer.presign(bare, options))
      return { response: {}, output: { $metadata: {} } }
    }
  const stack = command.middlewareStack as unknown as { add(middleware: Middleware, step: Step): void }
  stack.add(signInstead, { step: 'build', name: 'signInstead', priority: 'low' })
  await client.send(command)
  return url
}
