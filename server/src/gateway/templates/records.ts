import { type Template, TemplateConfiguration, TemplateId } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { refuse } from '../../core/input.ts'
import { BUILT_IN } from '../../core/template/builtin/index.ts'
import { checkTemplate } from '../../core/template/check.ts'
import type { StoredTemplate, StoredVersion, TemplateStore } from '../../registry/templates/store.ts'
import type { Templates } from './types.ts'

const BUILT_IN_VERSION = 1

const missing = (id: string, version?: number) =>
  version === undefined
    ? new TurnoutError('not_found', `There is no template ${JSON.stringify(id)}.`, { param: 'id' })
    : new TurnoutError('not_found', `There is no version ${version} of the template ${JSON.stringify(id)}.`, {
        param: 'version',
      })

const shown = (id: string, record: TemplateConfiguration, { version, author, createdAt }: StoredVersion): Template => ({
  ...record,
  id,
  version,
  builtIn: false,
  author,
  updatedAt: createdAt.toISOString(),
})

const shownCurrent = (template: StoredTemplate): Template => shown(template.id, template.record, template)

function builtIn(id: string): Template | undefined {
  const template = BUILT_IN.get(id)
  return template && { ...template, version: BUILT_IN_VERSION, builtIn: true, author: null, updatedAt: null }
}

const configurationOf = (template: Template): TemplateConfiguration => {
  const { id: _, version: __, builtIn: ___, author: ____, updatedAt: _____, ...configuration } = template
  return configuration
}

/** @throws TurnoutError permission */
function requireOwn(id: string): void {
  if (!BUILT_IN.has(id)) return
  const message = `The template ${JSON.stringify(id)} is built in and cannot be changed; copy it under another id.`
  throw new TurnoutError('permission', message, { param: 'id' })
}

/** @throws TurnoutError invalid_input with all that is wrong */
function requireGood(record: TemplateConfiguration): void {
  const problems = checkTemplate(record)
  if (problems.length > 0) throw refuse(problems)
}

type TemplateRecords = Omit<Templates, 'render' | 'run' | 'preview'>

/** Templates as records: those built in and those that somebody has made, which never have the same id. */
export function createTemplateRecords(store: TemplateStore): TemplateRecords {
  const read = async (id: string, version?: number): Promise<Template> => {
    const own = builtIn(id)
    if (own) {
      if (version !== undefined && version !== own.version) throw missing(id, version)
      return own
    }
    const current = await store.read(id)
    if (current === undefined) throw missing(id)
    if (version === undefined || version === current.version) return shownCurrent(current)
    const earlier = await store.version(id, version)
    if (!earlier?.record) throw missing(id, version)
    return shown(id, earlier.record, earlier)
  }
  const create = async (id: string, record: TemplateConfiguration, author: string): Promise<Template> => {
    requireOwn(id)
    requireGood(record)
    return shownCurrent(await store.create(id, record, author))
  }
  const write = async (id: string, record: TemplateConfiguration, author: string): Promise<Template> =>
    shown(id, record, await store.write(id, record, author))

  return {
    read,
    async list({ cursor, limit }) {
      const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString()
      if (cursor !== undefined && !TemplateId.safeParse(after).success) {
        throw refuse([{ path: 'cursor', message: 'must be the nextCursor of the page before' }])
      }
      const made = (await store.list(after, limit + 1)).map(shownCurrent)
      const own = [...BUILT_IN.keys()].filter((id) => id > after).map((id) => builtIn(id)!)
      const all = [...made, ...own].sort((a, b) => (a.id < b.id ? -1 : 1))
      const items = all.slice(0, limit)
      const last = items.at(-1)
      return { items, nextCursor: last && all.length > limit ? Buffer.from(last.id).toString('base64url') : null }
    },
    create: ({ id, ...record }, author) => create(id, record, author),
    async copy(id, to, author) {
      const template = await read(id, to.version)
      return create(to.id, { ...configurationOf(template), name: to.name ?? template.name }, author)
    },
    async update(id, record, author) {
      requireOwn(id)
      requireGood(record)
      // What was deleted is made again by POST, not by a change.
      if ((await store.read(id)) === undefined) throw missing(id)
      return write(id, record, author)
    },
    async delete(id, author) {
      requireOwn(id)
      await store.write(id, null, author)
    },
    async versions(id) {
      const own = builtIn(id)
      if (own) {
        return [
          {
            version: own.version,
            author: null,
            createdAt: null,
            record: TemplateConfiguration.parse(configurationOf(own)),
          },
        ]
      }
      const versions = await store.versions(id)
      if (versions.length === 0) throw missing(id)
      return versions.map(({ createdAt, ...version }) => ({ ...version, createdAt: createdAt.toISOString() }))
    },
    async rollback(id, version, author) {
      requireOwn(id)
      const earlier = await store.version(id, version)
      if (!earlier?.record) throw missing(id, version)
      return write(id, earlier.record, author)
    },
  }
}
