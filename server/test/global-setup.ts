import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTemplate } from './template.ts'

/**
 * Makes one embedded database for all tests to copy, and removes it after
 * them. Every program that they start finds what Node has compiled for another
 * one before, where `turnout` looks for it, too.
 */
export async function setup(): Promise<() => Promise<void>> {
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache')
  const template = await makeTemplate()
  process.env.TURNOUT_TEST_DATA_DIR = template
  return () => rm(template, { recursive: true, force: true })
}
