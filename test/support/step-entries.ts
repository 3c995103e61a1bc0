import fc from 'fast-check';
import type { StepEntry, StepState } from '../../src/engine/steps/step.js';
import { namedEntry } from '../../src/engine/steps/tracked-step.js';

/** An entry of a checkpoint root; what is not given is unknown. */
export function stepEntry(name: string, state: StepState, fields: Partial<StepEntry> = {}): StepEntry {
  const reason = state === 'finalized' ? null : `is ${state}`;
  return { ...namedEntry(name, Number(name), 'temporary', '').entry, reason, state, ...fields };
}

/** An entry in any state, of few generations, so that the same one comes again. */
export function stepEntries(name: string): fc.Arbitrary<StepEntry> {
  return fc
    .record({
      state: fc.constantFrom<StepState>('finalized', 'temporary', 'deleting', 'foreign'),
      generation: fc.constantFrom('g1', 'g2', 'g3'),
      isKnown: fc.boolean(),
      sizeBytes: fc.constantFrom(null, 1),
    })
    .map(({ state, generation, isKnown, sizeBytes }) => {
      // One that is half gone at first sight has no generation.
      const hasGeneration = state === 'finalized' || (state === 'deleting' && isKnown);
      return stepEntry(name, state, { generation: hasGeneration ? generation : null, sizeBytes });
    });
}
