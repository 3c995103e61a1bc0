/** Patterns of run names: `*` stands for any characters, `?` for one. A run that no pattern fits does not exist for their owner. */
export class RunGlobs {
  static readonly everything = new RunGlobs(['*']);

  readonly patterns: readonly string[];

  constructor(patterns: readonly string[]) {
    this.patterns = patterns;
  }

  get isEverything(): boolean {
    return this.patterns.includes('*');
  }

  sees(run: string): boolean {
    return this.patterns.some((pattern) => fits(run, pattern));
  }
}

/** By hand: as a regular expression, many stars would try every way to share the name among them. */
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
    } else if (wanted === '?' || wanted === name[at]) {
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
