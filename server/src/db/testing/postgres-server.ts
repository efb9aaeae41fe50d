import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** The server on which tests and the bench may make databases; without it what needs PostgreSQL is left out. */
export const POSTGRES_URL = process.env.TURNOUT_TEST_DATABASE_URL || undefined

/** A database of one's own, empty, on that server. */
export interface OwnDatabase {
  url: string
  drop(): Promise<void>
}

async function administrate(statement: string): Promise<void> {
  const client = new pg.Client(POSTGRES_URL)
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

export async function makeDatabase(): Promise<OwnDatabase> {
  const name = `turnout_${randomBytes(8).toString('hex')}`
  await administrate(`create database ${name}`)
  const url = new URL(POSTGRES_URL!)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administrate(`drop database if exists ${name} with (force)`) }
}
