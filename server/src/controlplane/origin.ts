import type { FastifyRequest } from 'fastify'
import { originOf as originOfMessage } from '../lib/http/origin.ts'

export const originOf = ({ raw }: FastifyRequest, publicUrl: string | undefined): string =>
  originOfMessage(raw, publicUrl)
