import { EngineError, type ErrorCode } from '../errors.js';

/** How many of something may be there at the same time. */
export interface Bounds {
  readonly all: number;
  /** For one caller; null: as many as for all. */
  readonly perToken: number | null;
}

/** What is bounded, and how a refusal is told. */
export interface LimitRule {
  /** The setting for all; the one for a caller has `_per_token` at its end. */
  readonly setting: string;
  readonly code: ErrorCode;
  /** What there are so many of: "waits", "event streams". */
  readonly noun: string;
  readonly hint: string;
}

/**
 * The text says nothing of how many there are: some may belong to runs that the caller does not see.
 *
 * @throws EngineError with the setting's name and value among its fields, when there is no room for one more.
 */
export function checkLimit(
  { setting, code, noun, hint }: LimitRule,
  { all, perToken }: Bounds,
  present: { readonly all: number; readonly ofCaller: number },
): void {
  if (present.all >= all) {
    throw new EngineError(code, `${setting} is reached: this server takes ${all} ${noun}`, {
      hint,
      fields: { setting, limit: all },
    });
  }
  if (perToken === null || present.ofCaller < perToken) return;
  const own = `${setting}_per_token`;
  throw new EngineError(code, `${own} is reached: a caller may have ${perToken} ${noun}`, {
    hint,
    fields: { setting: own, limit: perToken },
  });
}

/** Counts what is under way, in all and for each caller. */
export class Headcount {
  #all = 0;
  readonly #byCaller = new Map<string, number>();

  get all(): number {
    return this.#all;
  }

  of(caller: string): number {
    return this.#byCaller.get(caller) ?? 0;
  }

  /** @returns what takes it out again; calling it twice counts once. */
  add(caller: string): () => void {
    this.#change(caller, 1);
    let isIn = true;
    return () => {
      if (isIn) this.#change(caller, -1);
      isIn = false;
    };
  }

  #change(caller: string, by: 1 | -1): void {
    this.#all += by;
    const count = this.of(caller) + by;
    if (count > 0) this.#byCaller.set(caller, count);
    else this.#byCaller.delete(caller);
  }
}

/** A bounded number of things that are under way. */
export class Quota {
  readonly #rule: LimitRule;
  readonly #bounds: Bounds;
  readonly #present = new Headcount();

  constructor(rule: LimitRule, bounds: Bounds) {
    this.#rule = rule;
    this.#bounds = bounds;
  }

  /** Whether somebody may enter, as far as all callers together go. */
  get hasRoom(): boolean {
    return this.#present.all < this.#bounds.all;
  }

  /** @returns what gives the place back; calling it twice counts once. @throws EngineError */
  enter(caller: string): () => void {
    const present = this.#present;
    checkLimit(this.#rule, this.#bounds, { all: present.all, ofCaller: present.of(caller) });
    return present.add(caller);
  }
}
