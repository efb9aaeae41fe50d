import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * Calls back whenever a file may have changed: on any event of its name in its
 * directory, because editors replace files instead of writing them, and every
 * `pollMs`, because events get lost on network file systems and in containers,
 * and do not come where the name is a link. Other files of the directory may
 * change all the time, as a log does.
 *
 * @returns ends it
 */
export function watchFile(path: string, mayHaveChanged: () => void, pollMs: number): () => void {
  let watcher: FSWatcher | undefined
  const stop = () => {
    watcher?.close()
    watcher = undefined
  }
  const name = basename(path)
  const start = () => {
    try {
      watcher = watch(dirname(path), { persistent: false }, (_, changed) => {
        // Some systems do not say which file it was.
        if (changed === null || changed === name) mayHaveChanged()
      })
      watcher.on('error', stop)
    } catch {
      // The directory does not exist, or there are no watches left: the poll does, and tries again.
    }
  }
  start()
  const timer = setInterval(() => {
    if (!watcher) start()
    mayHaveChanged()
  }, pollMs).unref()
  return () => {
    clearInterval(timer)
    stop()
  }
}
