import type { JsonBytes } from './json-bytes.js';

/** One thing to read out of a checkpoint. Directories are absolute paths of steps, chosen by the server. */
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
  /** `body`: JSON in UTF-8 as it was sent. */
  | { readonly kind: 'construct'; readonly body: Uint8Array };

/** An answer as finished JSON. One that is too long to be kept comes as a stream, and all of the checkpoint that it needs has been read by then. */
export interface RestoreAnswer {
  /** The item that was read; null when the step itself is the item. */
  readonly item: string | null;
  readonly json: JsonBytes;
}

/** Reads checkpoints off the event loop, however large or damaged they are. */
export interface CheckpointReader {
  /** @throws RestoreError, or an Error when the reader itself is at fault. */
  run(task: RestoreTask): Promise<RestoreAnswer>;
}
