import { type ProblemCode, RestoreError } from './restore-error.js';

export interface Problem {
  /** Relative to the item. */
  readonly file: string;
  readonly code: ProblemCode;
  readonly detail: string;
}

/** A checkpoint that has lost a directory has a problem for every array: the first ones tell enough. */
const MAX_PROBLEMS = 1000;

/** Collects problems, each once. */
export class Problems {
  readonly #found = new Map<string, Problem>();

  get list(): readonly Problem[] {
    return [...this.#found.values()];
  }

  add(file: string, code: ProblemCode, detail: string): void {
    if (this.#found.size < MAX_PROBLEMS)
      this.#found.set(`${file}\0${code}\0${detail}`, { file, code, detail });
  }

  /** Runs a check; what it throws becomes a problem, and its result null. */
  attempt<T>(check: () => T): T | null {
    try {
      return check();
    } catch (error) {
      this.addError(error);
      return null;
    }
  }

  addError(error: unknown): void {
    if (!(error instanceof RestoreError)) throw error;
    const at = error.offset === undefined ? '' : ` (at byte ${error.offset})`;
    this.add(error.file ?? '', error.problem, error.detail + at);
  }
}
