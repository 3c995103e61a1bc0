import type { SettlingContext } from './settling.js';
import type { TrackedStep } from './tracked-step.js';

export interface JudgementContext extends SettlingContext {
  readonly name: string;
  readonly step: number;
  /** Name of the file without which no step is finalized; null where none is needed. */
  readonly commitMarker: string | null;
  /** What was known of the name before; null at first sight. */
  readonly known: TrackedStep | null;
  /** The directory got its name by a rename that was observed. */
  readonly wasRenamed: boolean;
}

export type Judgement =
  | { readonly verdict: 'gone' }
  /** Another look is needed before anything can be said: at the whole tree. */
  | { readonly verdict: 'look_closer' }
  | { readonly verdict: 'decided'; readonly tracked: TrackedStep };

export function decided(tracked: TrackedStep): Judgement {
  return { verdict: 'decided', tracked };
}
