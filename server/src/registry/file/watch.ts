import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Calls back whenever a file may have changed: on any event in its directory,
 * because editors replace files instead of writing them, and every `pollMs`,
 * because events get lost on network file systems and in containers.
 *
 * @returns ends it
 */
export function watchFile(path: string, mayHaveChanged: () => void, pollMs: number): () => void {
  let watcher: FSWatcher | undefined
  const stop = () => {
    watcher?.close()
    watcher = undefined
  }
  const start = () => {
    try {
      watcher = watch(dirname(path), { persistent: false }, mayHaveChanged)
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
