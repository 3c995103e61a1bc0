import type { Candidate } from '../steps/classification.js';
import type { Findings } from '../steps/findings.js';
import type { StepIndex } from '../steps/step-index.js';
import { namedEntry, type TrackedStep } from '../steps/tracked-step.js';

/**
 * Orbax's composite format: of several names of one step the one in the earliest format that is finalized counts (`find_step` tries the formats in
 * order, and each knows only what is finalized). So what the earlier names are has to be known before the later ones are judged: they are
 * looked at in rounds, one for each format that a step may still have.
 */
export class Shadowing {
  /** By how many earlier names of the same step there are; one round alone where no step has two names. */
  readonly rounds: readonly (readonly Candidate[])[];
  readonly #index: StepIndex;
  readonly #later = new Map<string, Candidate[]>();

  constructor(candidates: readonly Candidate[], index: StepIndex) {
    this.#index = index;
    const rounds: Candidate[][] = [[]];
    for (const candidate of candidates) {
      const round = rounds[candidate.earlier.length] ?? [];
      rounds[candidate.earlier.length] = round;
      round.push(candidate);
      for (const name of candidate.earlier)
        this.#later.set(name, [...(this.#later.get(name) ?? []), candidate]);
    }
    this.rounds = rounds;
  }

  /** Those of a round that no earlier name stands for, and what is to be said of the others. */
  divide(round: readonly Candidate[]): { open: readonly Candidate[]; shadowed: Findings } {
    const open: Candidate[] = [];
    const shadowed = new Map<string, TrackedStep>();
    for (const candidate of round) {
      const winner = candidate.earlier.find((name) => this.#index.get(name)?.entry.state === 'finalized');
      if (winner === undefined) open.push(candidate);
      else this.#cover(candidate, winner, shadowed);
    }
    return { open, shadowed };
  }

  /** Adds the steps that these findings put in the shade, before what shades them: at no moment two entries stand for one step. */
  complete(findings: Findings): Findings {
    if (this.#later.size === 0) return findings;
    const shadowed = new Map<string, TrackedStep>();
    for (const [name, tracked] of findings) {
      if (tracked?.entry.state !== 'finalized') continue;
      for (const candidate of this.#later.get(name) ?? []) this.#cover(candidate, name, shadowed);
    }
    return new Map([...shadowed, ...findings]);
  }

  #cover({ name, step }: Candidate, winner: string, shadowed: Map<string, TrackedStep>): void {
    const reason = `shadowed by ${winner}`;
    if (this.#index.get(name)?.entry.reason !== reason)
      shadowed.set(name, namedEntry(name, step, 'foreign', reason));
  }
}
