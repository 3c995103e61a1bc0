/** What a restore-args or verify request can end with, besides an answer. Each code is one of the HTTP contract's. */
export type RestoreErrorCode =
  | 'metadata_unreadable'
  | 'unsupported_type'
  | 'item_not_found'
  | 'item_required'
  | 'invalid_request';

/** What is wrong with a file, in the report of a verification. */
export type ProblemCode =
  | 'missing'
  | 'too_short'
  | 'checksum_mismatch'
  | 'malformed'
  | 'contradiction'
  | 'uncommitted';

export interface RestoreErrorPlace {
  /** Path of the file at fault, relative to the item (or step) directory. */
  readonly file?: string | undefined;
  /** Byte at which reading failed, counted from the start of `file`. */
  readonly offset?: number | undefined;
  /** How a verification names it; malformed if left out. */
  readonly problem?: ProblemCode;
}

/** The only error that leaves the readers: a closed code, and where and why in a sentence. */
export class RestoreError extends Error {
  readonly code: RestoreErrorCode;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly detail: string;
  readonly problem: ProblemCode;

  constructor(code: RestoreErrorCode, detail: string, place: RestoreErrorPlace = {}) {
    const at = place.offset === undefined ? '' : ` at byte ${place.offset}`;
    super(place.file === undefined ? detail : `${place.file}${at}: ${detail}`);
    this.name = 'RestoreError';
    this.code = code;
    this.detail = detail;
    this.file = place.file;
    this.offset = place.offset;
    this.problem = place.problem ?? 'malformed';
  }
}

/** The error for a file that cannot be understood, or that contradicts its checksum or a second source. */
export function unreadable(
  file: string,
  detail: string,
  offset?: number,
  problem: ProblemCode = 'malformed',
): RestoreError {
  return new RestoreError('metadata_unreadable', detail, { file, offset, problem });
}

/** The error for a file that does not exist, though the checkpoint needs it. */
export function missing(file: string, detail = 'the file is missing'): RestoreError {
  return unreadable(file, detail, undefined, 'missing');
}
