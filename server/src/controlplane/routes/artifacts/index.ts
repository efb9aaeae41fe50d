import type { Route } from '../../route.ts'
import { createFile } from '../files/create.ts'
import { deleteFile } from '../files/delete.ts'
import { listFiles } from '../files/list.ts'
import { readFile } from '../files/read.ts'
import { artifactContent } from './content.ts'
import { deleteArtifact } from './delete.ts'
import { listArtifacts } from './list.ts'
import { readArtifact } from './read.ts'

/** The routes of artifacts: of all, and of those that clients have brought. */
export const ARTIFACT_ROUTES: readonly Route[] = [
  listArtifacts,
  readArtifact,
  deleteArtifact,
  artifactContent('content'),
  artifactContent('thumbnail'),
  createFile,
  listFiles,
  readFile,
  deleteFile,
]
