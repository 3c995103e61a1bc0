import type { RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import type { RestoreErrorCode } from '../../engine/restore/restore-error.js';

/** Long bodies and answers cross in pieces, each a message: neither side ever copies much at once. */
export const PIECE_BYTES = 64 * 1024;

export interface Piece {
  readonly kind: 'piece';
  readonly bytes: Uint8Array;
}

/** The pieces of a body come behind the task that they belong to, until there are as many bytes as it says. */
export type ToReader =
  | Exclude<RestoreTask, { kind: 'construct' }>
  | { readonly kind: 'construct'; readonly bodyBytes: number }
  | Piece;

/** The pieces of an answer, finished JSON in UTF-8, come ahead of its end; a refusal takes back those that came already. */
export type FromReader =
  | Piece
  | { readonly kind: 'answer'; readonly item: string | null }
  | {
      readonly kind: 'refusal';
      readonly code: RestoreErrorCode;
      readonly detail: string;
      readonly file: string | undefined;
      readonly offset: number | undefined;
    }
  | { readonly kind: 'failure'; readonly message: string };
