import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { TurnoutError } from '../core/error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment, completed by the file `.env` of the working directory.
 * What the environment has itself, even empty, is never overridden.
 * @throws TurnoutError invalid_input where there is such a file and it cannot be read
 */
export function completeEnvironment(env: Environment, cwd: string): Environment {
  const file = join(cwd, '.env')
  try {
    // A byte order mark, as some editors write it, would be part of the first name.
    return { ...parseEnv(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')), ...env }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env
    throw new TurnoutError('invalid_input', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
