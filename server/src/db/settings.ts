import { randomBytes } from 'node:crypto'
import type { Database } from './database.ts'

const SECRET_BYTES = 32

/** A random secret that all processes on this database share; made by the first that asks. */
export async function sharedSecret({ sql }: Database, name: string): Promise<Buffer> {
  await sql
    .insertInto('settings')
    .values({ name, value: JSON.stringify({ secret: randomBytes(SECRET_BYTES).toString('base64') }) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { value } = await sql.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  return Buffer.from((value as { secret: string }).secret, 'base64')
}
