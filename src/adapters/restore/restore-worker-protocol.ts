import type { RestoreErrorCode } from '../../engine/restore/restore-error.js';

/** Answers cross the thread as finished JSON in UTF-8, in pieces that are handed over without a copy. */
export type RestoreReply =
  | {
      readonly kind: 'answer';
      readonly item: string | null;
      readonly json: readonly Uint8Array<ArrayBuffer>[];
    }
  | {
      readonly kind: 'refusal';
      readonly code: RestoreErrorCode;
      readonly detail: string;
      readonly file: string | undefined;
      readonly offset: number | undefined;
    }
  | { readonly kind: 'failure'; readonly message: string };
