/** A build that is broken on purpose, to show that the simulation would find it. */
export interface Mutant {
  readonly name: string;
  /** The first so many seeds find it. */
  readonly within: number;
  readonly edits: readonly Edit[];
}

/** A piece of a source that stands there exactly once, and what stands there instead. */
export interface Edit {
  /** Below `src/`. */
  readonly file: string;
  readonly piece: string;
  readonly instead: string;
}
