import { dirname } from 'node:path';
import type { Located, Space } from '../../engine/file-system.js';
import { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import { mediumOf } from './medium.js';
import { isGcsfuse, mountOf } from './mount-table.js';
import type { Os } from './os.js';

export function locate(os: Os, directory: string): Located {
  const place = (realPath: string | null, errno: string | null, on: string): Located => ({
    realPath,
    errno,
    ...holder(os, on),
  });
  try {
    const realPath = os.realpath('locate', directory);
    if (!os.lstat('locate', realPath).isDirectory()) return place(null, 'ENOTDIR', dirname(realPath));
    return place(realPath, null, realPath);
  } catch (error) {
    return place(null, errnoOf(error), dirname(directory));
  }
}

/** Of the nearest existing ancestor. */
export function space(os: Os, directory: string): Space {
  for (let at = directory; ; at = dirname(at)) {
    try {
      const stats = os.statfs('measure space', at);
      return {
        freeBytes: Number(stats.bavail * stats.bsize),
        totalBytes: Number(stats.blocks * stats.bsize),
      };
    } catch (error) {
      if (!isMissing(errnoOf(error)) || at === dirname(at)) throw error;
    }
  }
}

/** The filesystem below a path; of the nearest ancestor that can be looked at. */
function holder(os: Os, path: string): Pick<Located, 'medium' | 'filesystem' | 'gcsfuse'> {
  for (let at = path; ; at = dirname(at)) {
    try {
      return describe(os, at);
    } catch (error) {
      errnoOf(error);
      if (at === dirname(at)) return { medium: 'network', filesystem: 'unknown', gcsfuse: false };
    }
  }
}

function describe(os: Os, path: string): Pick<Located, 'medium' | 'filesystem' | 'gcsfuse'> {
  const handle = DirectoryHandle.follow(os, 'locate', path);
  try {
    const { medium, filesystem } = mediumOf(os.statfs('locate', handle.address).type);
    const mount = mountOf(os, handle.fd);
    if (mount === null) return { medium, filesystem, gcsfuse: false };
    return { medium, filesystem: mount.filesystem, gcsfuse: isGcsfuse(mount) };
  } finally {
    handle.close();
  }
}
