import type { ArtifactDriver } from '../core/artifact.ts'
import type { Database, Log } from '../db/database.ts'
import { sharedSecret } from '../db/settings.ts'
import { Pruner } from '../lib/pruner.ts'
import { ArtifactStore } from './store.ts'
import { TemporaryPictures } from './temporary.ts'

export interface ArtifactSettings {
  retentionDays: number | undefined
  linkExpiryMs: number
  maxPictureBytes: number
  maxVideoBytes: number
  uploadQuotaBytes: number
  s3Redirect: boolean
}

export interface Artifacts {
  store: ArtifactStore
  temporary: TemporaryPictures
  /** Ends the pruning; what is being kept goes on. */
  stop(): Promise<void>
}

/** Artifacts on this database and in this storage, pruned from now on. */
export async function createArtifacts(
  database: Database,
  driver: ArtifactDriver,
  settings: ArtifactSettings,
  log: Log,
): Promise<Artifacts> {
  const secret = await sharedSecret(database, 'artifact_links')
  const store = new ArtifactStore({
    database,
    driver,
    secret,
    linkExpiresInSeconds: settings.linkExpiryMs / 1000,
    limits: { pictureBytes: settings.maxPictureBytes, videoBytes: settings.maxVideoBytes },
    uploadQuotaBytes: settings.uploadQuotaBytes,
    retentionDays: settings.retentionDays,
    redirect: settings.s3Redirect,
    log,
  })
  const temporary = new TemporaryPictures(driver, secret)
  const prune = async () => {
    await store.prune()
    await temporary.prune()
  }
  const pruner = new Pruner(prune, 'artifacts', log)
  return {
    store,
    temporary,
    async stop() {
      await pruner.stop()
      driver.close()
    },
  }
}
