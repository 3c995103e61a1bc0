/** A promise of the service that a history broke. */
export class Violation extends Error {
  /** Number of the invariant, or the name of another promise of the contract. */
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`);
    this.name = 'Violation';
    this.invariant = invariant;
  }
}
