import type { RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import type { RestoreErrorCode } from '../../engine/restore/restore-error.js';

/** Long bodies and answers cross in pieces, each a message: neither side ever copies much at once. */
export const PIECE_BYTES = 64 * 1024;

/** As many pieces of an answer come at once; each further one is asked for. They are in memory until the client has read them. */
export const PIECES_AT_ONCE = 512;

export interface Piece {
  readonly kind: 'piece';
  readonly bytes: Uint8Array;
}

/**
 * The pieces of a body come behind the task that they belong to, until there are as many bytes as it says. `more` asks for the next piece of
 * an answer that is held.
 */
export type ToReader =
  | Exclude<RestoreTask, { kind: 'construct' }>
  | { readonly kind: 'construct'; readonly bodyBytes: number }
  | Piece
  | { readonly kind: 'more' };

/**
 * The pieces of an answer, finished JSON in UTF-8, come ahead of its end; a refusal takes back those that came already. A long answer is
 * held after the first pieces: all that can be refused has been read by then.
 */
export type FromReader =
  | Piece
  | { readonly kind: 'held'; readonly item: string | null }
  | { readonly kind: 'answer'; readonly item: string | null }
  | {
      readonly kind: 'refusal';
      readonly code: RestoreErrorCode;
      readonly detail: string;
      readonly file: string | undefined;
      readonly offset: number | undefined;
    }
  | { readonly kind: 'failure'; readonly message: string };
