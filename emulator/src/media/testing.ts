import sharp from 'sharp'
import { expect } from 'vitest'
import { probePicture } from '../picture/probe.ts'
import type { Emulator } from '../server.ts'
import type { JsonObject } from '../types.ts'

/** An answer, read whole. */
export interface Reply {
  status: number
  headers: Headers
  bytes: Buffer
  /** The body, where it is a JSON object. */
  json: JsonObject
}

type Headers_ = Record<string, string>

/** A request without an SDK: an object is sent as JSON, a form as a form. */
export async function send(
  url: string,
  headers: Headers_,
  body?: JsonObject | FormData,
  method?: string,
): Promise<Reply> {
  const form = body instanceof FormData
  const init: RequestInit = { method: method ?? (body ? 'POST' : 'GET'), headers: { ...headers } }
  if (form) init.body = body
  else if (body) {
    init.headers = { 'content-type': 'application/json', ...headers }
    init.body = JSON.stringify(body)
  }
  const response = await fetch(url, init)
  const bytes = Buffer.from(await response.arrayBuffer())
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  const json = isJson ? (JSON.parse(bytes.toString()) as JsonObject) : {}
  return { status: response.status, headers: response.headers, bytes, json }
}

/** A value deep in an answer: `at(json, 'data', 0, 'url')`. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)
}

/** A form of text fields and files. */
export function formOf(fields: Record<string, string>, files: Record<string, Buffer> = {}): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const [name, data] of Object.entries(files)) {
    form.append(name, new Blob([new Uint8Array(data)], { type: 'image/png' }), `${name}.png`)
  }
  return form
}

/** A plain PNG. */
export function plainPicture(width: number, height = width): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#3366cc' } })
    .png()
    .toBuffer()
}

/** The type and size of the picture behind a URL, fetched without a credential. */
export async function fetched(
  url: unknown,
): Promise<{ status: number; type: string | null; size: string | undefined }> {
  const response = await fetch(String(url))
  const data = Buffer.from(await response.arrayBuffer())
  const probe = probePicture(data)
  const size = probe && `${probe.width}x${probe.height}`
  return { status: response.status, type: response.headers.get('content-type'), size }
}

/** Fetching a result with a credential must show in the emulator's leaks. */
export async function expectLeakSeen(emulator: Emulator, url: unknown, headers: Headers_): Promise<void> {
  expect(emulator.leaks()).toEqual([])
  await (await fetch(String(url), { headers })).arrayBuffer()
  expect(emulator.leaks()).toMatchObject([{ carriedIn: Object.keys(headers).map((name) => name.toLowerCase()) }])
}
