import type { RestoreErrorCode } from '../../engine/restore/restore-error.js';

/** What the client asks of the worker thread. Directories are absolute paths of steps, chosen by the server. */
export type RestoreTask =
  | {
      readonly kind: 'restore_args';
      readonly directory: string;
      /** Null when the request names none. */
      readonly item: string | null;
      readonly setGlobalShape: boolean;
      readonly strict: boolean;
    }
  | { readonly kind: 'verify'; readonly directory: string }
  | { readonly kind: 'construct'; readonly body: unknown };

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
