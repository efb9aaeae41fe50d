import type {
  CopyTemplate,
  CreateJob,
  CreateTemplate,
  Job,
  PreviewTemplate,
  RunTemplate,
  Template,
  TemplateConfiguration,
  TemplateRendering,
  TemplateVersion,
} from '@turnout/contract'
import type { z } from 'zod'
import type { Principal } from '../../access/types.ts'
import type { ResolvedComposition } from '../../core/template/resolve.ts'
import type { Caller } from '../types.ts'
import type { Composed, ReadPicture } from './compose/index.ts'

/** A job that a template asks for. All of it is plain JSON. */
export interface TemplateOrder {
  template: { id: string; version: number }
  /** As a client would send it; the rendered prompt is one of the inputs. */
  body: CreateJob
  /** What `composePicture` is to draw over every picture that is made; null: nothing. */
  composition: ResolvedComposition | null
  /** To be told with the job. */
  warnings: string[]
  /** What the client sent. */
  sent: object
  idempotencyKey: string | undefined
}

/** Makes pictures. Whoever implements it knows jobs; templates do not. */
export interface TemplateMaker {
  /** The job that the same request has made before, waited for as well, whatever has become of its template since. */
  made(
    order: Pick<TemplateOrder, 'sent' | 'idempotencyKey'>,
    wait: number | undefined,
    caller: Caller,
    baseUrl: string,
  ): Promise<Job | undefined>
  /**
   * Makes a job and waits for it as long as its body says.
   * @param baseUrl What links in the answer begin with.
   */
  make(order: TemplateOrder, caller: Caller, baseUrl: string): Promise<Job>
}

/** How templates get at the pictures that variables name. */
export interface LayerPictures {
  /** Reads what this key may read: artifacts of others it may not. */
  readAs(owner: Pick<Principal, 'keyId' | 'role'>): ReadPicture
  /** Keeps a picture until the job is over, and tells what it is read by; without it the source stays as it is. */
  keep?(bytes: Uint8Array, caller: Caller): Promise<string>
}

/** Templates as routes see them. All of it may throw TurnoutError. */
export interface Templates {
  list(page: { cursor?: string | undefined; limit: number }): Promise<{ items: Template[]; nextCursor: string | null }>
  read(id: string, version?: number): Promise<Template>
  create(template: CreateTemplate, author: string): Promise<Template>
  copy(id: string, to: z.infer<typeof CopyTemplate>, author: string): Promise<Template>
  update(id: string, record: TemplateConfiguration, author: string): Promise<Template>
  delete(id: string, author: string): Promise<void>
  versions(id: string): Promise<TemplateVersion[]>
  rollback(id: string, version: number, author: string): Promise<Template>
  render(id: string, run: RunTemplate): Promise<TemplateRendering>
  run(id: string, run: RunTemplate, idempotencyKey: string | undefined, caller: Caller, baseUrl: string): Promise<Job>
  preview(id: string, wanted: PreviewTemplate, caller: Caller): Promise<Composed & { version: number }>
}
