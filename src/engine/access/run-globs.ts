import { NAME } from '../names.js';

/** A pattern that can fit a name. */
export const RUN_GLOB = /^[a-z0-9._*?-]{1,64}$/;

/**
 * Some runs, by patterns of their names: `*` stands for any characters, `?` for one. A token has them, and every question about more
 * than one run says with them which runs it is about; no name contains a pattern's signs, so one run is a pattern, too.
 */
export class RunGlobs {
  static readonly everything = new RunGlobs(['*']);
  static readonly nothing = new RunGlobs([]);

  readonly patterns: readonly string[];
  /** All runs: to be asked before every single one, it is no search. */
  readonly isEverything: boolean;
  /** The names, when each pattern is one; null: only looking at a run tells whether it is one of them. */
  readonly names: readonly string[] | null;

  constructor(patterns: readonly string[]) {
    this.patterns = [...new Set(patterns.map((pattern) => pattern.replace(/\*+/g, '*')))];
    this.isEverything = this.patterns.includes('*');
    this.names = this.patterns.every((pattern) => NAME.test(pattern)) ? this.patterns : null;
  }

  /** A single run. A text that is no name is never read as a pattern. */
  static only(run: string): RunGlobs {
    return NAME.test(run) ? new RunGlobs([run]) : RunGlobs.nothing;
  }

  sees(run: string): boolean {
    if (this.isEverything) return true;
    return this.names === null
      ? this.patterns.some((pattern) => fits(run, pattern))
      : this.names.includes(run);
  }

  /**
   * Whether every run that a pattern fits is among these. Some patterns of which that is true are not known to be: `?*` and `*?` fit the
   * same names, and the one is not taken to be within the other.
   */
  covers(pattern: string): boolean {
    return this.patterns.some((own) => fits(pattern, own));
  }

  /** What of these runs somebody means who names one; who names none means them all. */
  within(run: string | null): RunGlobs {
    if (run === null) return this;
    return this.sees(run) ? RunGlobs.only(run) : RunGlobs.nothing;
  }
}

/** `name` may be a pattern, too, whose stars only a star fits. By hand: as a regular expression, many stars would try every way to share the name among them. */
function fits(name: string, pattern: string): boolean {
  let at = 0;
  let reading = 0;
  // Where the last star stands, and how much of the name it has taken.
  let star = -1;
  let taken = 0;
  while (at < name.length) {
    const wanted = pattern[reading];
    if (wanted === '*') {
      star = reading;
      taken = at;
      reading += 1;
    } else if ((wanted === '?' && name[at] !== '*') || wanted === name[at]) {
      at += 1;
      reading += 1;
    } else if (star >= 0) {
      taken += 1;
      at = taken;
      reading = star + 1;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(reading));
}
