/** A history that broke a promise once, and what was wrong then. */
interface NamedSeed {
  readonly seed: number;
  readonly hours: number;
  readonly found: string;
}

export const SEEDS: readonly NamedSeed[] = [];
