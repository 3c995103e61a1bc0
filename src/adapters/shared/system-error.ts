import { constants } from 'node:os';

export interface SystemErrorName {
  /** Such as `ENOENT`. */
  readonly code: string;
  /** What the system says of it, such as "stale file handle". */
  readonly meaning: string;
}

const { ESTALE, EDQUOT, ENOLCK, ENOLINK, EBADMSG, EDEADLK } = constants.errno;

/** Errors of disks and network filesystems that Node has no name for: it calls them "Unknown system error -116". */
const UNNAMED: ReadonlyMap<number, SystemErrorName> = new Map([
  [ESTALE, { code: 'ESTALE', meaning: 'stale file handle' }],
  [EDQUOT, { code: 'EDQUOT', meaning: 'disk quota exceeded' }],
  [ENOLCK, { code: 'ENOLCK', meaning: 'no locks available' }],
  [ENOLINK, { code: 'ENOLINK', meaning: 'link has been severed' }],
  [EBADMSG, { code: 'EBADMSG', meaning: 'bad message' }],
  [EDEADLK, { code: 'EDEADLK', meaning: 'resource deadlock avoided' }],
  // These `os.constants` does not have either; so Linux numbers them.
  [117, { code: 'EUCLEAN', meaning: 'structure needs cleaning' }],
  [121, { code: 'EREMOTEIO', meaning: 'remote I/O error' }],
  [123, { code: 'ENOMEDIUM', meaning: 'no medium found' }],
]);

/** The name of a failed system call's error where Node gives none; null: Node's own will do, or it is no system error. */
export function nameUnnamed(error: Error): SystemErrorName | null {
  if (!('errno' in error) || typeof error.errno !== 'number') return null;
  if (!('code' in error) || !String(error.code).startsWith('Unknown system error')) return null;
  return UNNAMED.get(-error.errno) ?? null;
}
