import type { MarkOrigin } from '../../engine/file-system.js';
import type { Os } from './os.js';
import { MARK, openOwned, readMark, remove, temporaryMark, writeMark } from './owner-mark.js';

/**
 * Puts the mark of the store `to` in place of that of the store `from`. By a rename, so that a crash leaves one of the two. False: the mark
 * names neither, or is gone.
 */
export function takeOver(
  os: Os,
  directory: string,
  from: string,
  to: string,
  origin: MarkOrigin | null,
): boolean {
  const handle = openOwned(os, directory);
  try {
    const marked = readMark(os, handle)?.store;
    if (marked === to) return true;
    if (marked !== from) return false;
    const temporary = temporaryMark(os);
    try {
      writeMark(os, handle, temporary, to, origin);
      os.rename('replace owner mark', handle.at(temporary), handle.at(MARK));
    } finally {
      remove(os, handle, temporary);
    }
    os.fsync('sync owner mark', handle.fd);
    return true;
  } finally {
    handle.close();
  }
}
