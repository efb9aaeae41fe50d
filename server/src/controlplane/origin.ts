import type { FastifyRequest } from 'fastify'

/** The address that the client reached us by, so that links lead back the same way; without a trailing slash. */
export function originOf({ headers, raw, protocol }: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl) return publicUrl.replace(/\/+$/, '')
  if (headers.host && /^[\w.:[\]-]+$/.test(headers.host)) return `${protocol}://${headers.host}`
  return `${protocol}://${raw.socket.localAddress}:${raw.socket.localPort}`
}
