import scalar from '@scalar/fastify-api-reference'
import Fastify from 'fastify'

/** One file of the rendered reference. */
export interface RenderedFile {
  status: number
  contentType: string
  location: string | undefined
  /** It changes only with the version of Turnout. */
  immutable: boolean
  body: Buffer
}

export type Renderer = (url: string) => Promise<RenderedFile>

/** The reference as its plugin makes it, in an application of its own that does not listen. */
export async function createRenderer(): Promise<Renderer> {
  const app = Fastify()
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Turnout API',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  await app.ready()
  return async (url) => {
    const { statusCode, headers, rawPayload } = await app.inject({ url })
    const contentType = String(headers['content-type'] ?? 'text/plain')
    return {
      status: statusCode,
      contentType,
      location: headers.location,
      immutable: contentType.startsWith('application/javascript'),
      body: rawPayload,
    }
  }
}
