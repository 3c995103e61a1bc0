import { FileSystemError } from '../../engine/file-system-error.js';
import { nameUnnamed } from '../shared/system-error.js';

/** The code of a failed system call, such as `ENOENT`; an error that is none is a defect and thrown on. */
export function errnoOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return nameUnnamed(error)?.code ?? error.code;
  throw error;
}

/** Whether a failed call means: not there (any more). */
export function isMissing(errno: string): boolean {
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

/** Whether opening with O_DIRECTORY and O_NOFOLLOW failed because the entry is something else. */
export function isNotDirectory(errno: string): boolean {
  return errno === 'ENOTDIR' || errno === 'ELOOP';
}

/** The sentence of an error without Node's addresses: callers say which path it was about. */
export function sentenceOf(error: unknown): string {
  if (error instanceof FileSystemError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const unnamed = nameUnnamed(error);
  if (unnamed !== null) return `${unnamed.code}: ${unnamed.meaning}`;
  // Node writes "EACCES: permission denied, open '/proc/self/fd/12/…'".
  const sentence = error.message.split(', ', 1)[0] ?? error.message;
  return sentence.replace(' on socket', '');
}
