import type { IncomingMessage } from 'node:http'

/** The address that the client reached us by, so that links lead back the same way; without a trailing slash. */
export function originOf({ headers, socket }: IncomingMessage, publicUrl: string | undefined): string {
  if (publicUrl) return publicUrl
  if (headers.host && /^[\w.:[\]-]+$/.test(headers.host)) return `http://${headers.host}`
  return `http://${socket.localAddress}:${socket.localPort}`
}
