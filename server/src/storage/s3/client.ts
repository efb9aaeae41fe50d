import type * as S3 from '@aws-sdk/client-s3'

type Library = typeof S3

export interface S3Settings {
  /** Of a service other than AWS. */
  endpoint?: string | undefined
  region: string
  /** The bucket stands in the path instead of the host. */
  forcePathStyle: boolean
  /** Absent: the SDK's own chain (profile, container, instance). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined } | undefined
}

/** The library, which is large, and a client of it. */
export interface Connected {
  library: Library
  client: S3.S3Client
}

export interface Connection {
  (): Promise<Connected>
  close(): void
}

const CONNECT_MS = 5_000
/** How long a connection may be silent: bytes of a slow source pass through it. */
const SILENT_MS = 120_000

/** The library is loaded when it is first needed. */
export function connect({ endpoint, region, forcePathStyle, credentials }: S3Settings): Connection {
  let connected: Promise<Connected> | undefined
  const open = async (): Promise<Connected> => {
    const library = await import('@aws-sdk/client-s3')
    // Other services than AWS do not know its newer checksums.
    const checksums = endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED'
    const client = new library.S3Client({
      region,
      forcePathStyle,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
      requestChecksumCalculation: checksums,
      responseChecksumValidation: checksums,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS },
    })
    return { library, client }
  }
  return Object.assign(() => (connected ??= open()), {
    close: () => void connected?.then(({ client }) => client.destroy()),
  })
}
