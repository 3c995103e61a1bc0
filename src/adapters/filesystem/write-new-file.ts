import { constants } from 'node:fs';
import type { Os } from './os.js';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Creates a file that must not exist, on stable storage when it returns. */
export function writeNewFile(os: Os, purpose: string, path: string, bytes: Uint8Array): void {
  const fd = os.open(purpose, path, FLAGS, 0o666);
  try {
    writeAll(os, purpose, fd, bytes);
    os.fsync(purpose, fd);
  } finally {
    os.close(purpose, fd);
  }
}

export function writeAll(os: Os, purpose: string, fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += os.write(purpose, fd, bytes, done, bytes.length - done);
}
