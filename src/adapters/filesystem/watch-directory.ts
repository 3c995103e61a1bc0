import { type FSWatcher, statSync, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Hint, Watch } from '../../engine/file-system.js';

/** Hints by inotify, on the main thread: a worker that is at work would pass them on late. */
export function watchDirectory(
  directory: string,
  onHint: (hint: Hint) => void,
  onEnd: (reason: string) => void,
): Watch {
  let watcher: FSWatcher;
  let inode: bigint;
  let over = false;
  let before: string | null = null;
  const stop = () => {
    over = true;
    watcher.close();
  };
  const end = (reason: string) => {
    if (over) return;
    stop();
    onEnd(reason);
  };
  try {
    // Before the watch is set: if another directory takes the place in between, the watch ends too early rather than never.
    inode = statSync(directory, { bigint: true }).ino;
    watcher = watch(directory);
  } catch (error) {
    return { outcome: 'refused', reason: reasonOf(error) };
  }
  watcher.on('change', (event, name) => {
    // A write to a file or a new mode: entries come and go with 'rename' alone, and a log file there would hint all day.
    if (over || event !== 'rename') return;
    const hinted = name === null ? null : String(name);
    onHint({ name: hinted, before });
    // The kernel tells both halves of a rename in one go: what comes in a later turn of the loop belongs to something else.
    if (before === null) setImmediate(() => (before = null));
    before = hinted;
    // The directory's own move or removal comes under its own name.
    if (name === null || String(name) === basename(directory)) void endIfGone(directory, inode, end);
  });
  watcher.on('error', (error) => end(reasonOf(error)));
  watcher.on('close', () => end('The watch was closed.'));
  return { outcome: 'watching', stop };
}

async function endIfGone(directory: string, inode: bigint, end: (reason: string) => void): Promise<void> {
  const there = await stat(directory, { bigint: true }).catch(() => null);
  if (there?.ino !== inode) end(`${directory} was moved or removed.`);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT':
      return 'The directory is not there.';
    case 'ENOSPC':
      return 'The limit of inotify watches is reached: raise fs.inotify.max_user_watches.';
    case 'EMFILE':
      return 'The limit of inotify instances or open files is reached: raise fs.inotify.max_user_instances or the descriptor limit.';
    default:
      return `The directory cannot be watched: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
