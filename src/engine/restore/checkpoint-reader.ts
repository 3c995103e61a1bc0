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

/** An answer as finished JSON in UTF-8. A long one comes in several pieces, to be written one behind the other. */
export interface RestoreAnswer {
  /** The item that was read; null when the step itself is the item. */
  readonly item: string | null;
  readonly json: readonly Uint8Array[];
}

/** Reads checkpoints off the event loop, however large or damaged they are. */
export interface CheckpointReader {
  /** @throws RestoreError, or an Error when the reader itself is at fault. */
  run(task: RestoreTask): Promise<RestoreAnswer>;
}
