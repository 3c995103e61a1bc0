import type { FinalizedStep } from '../steps/tracked-step.js';
import type { ConsumerSettings } from './consumer-options.js';

/** Whether a consumer is for a step at all. */
export function isWanted({ everyK, start }: ConsumerSettings, step: number | null): step is number {
  return step !== null && step % everyK === 0 && (typeof start !== 'number' || step >= start);
}

/**
 * Which of the steps that are there a new consumer of mode `every` begins with.
 *
 * @param finalized ascending by step.
 */
export function stepsAtStart(
  settings: ConsumerSettings,
  finalized: readonly FinalizedStep[],
): readonly FinalizedStep[] {
  if (settings.start === 'next') return [];
  const wanted = finalized.filter(({ entry }) => isWanted(settings, entry.step));
  return settings.start === 'latest' ? wanted.slice(-1) : wanted;
}

/** The newest step that a consumer of mode `latest` did not yield yet; null: there is none. */
export function newestBeyond(
  settings: ConsumerSettings,
  finalized: readonly FinalizedStep[],
  lastYielded: number | null,
): FinalizedStep | null {
  const found = finalized.findLast(({ entry }) => isWanted(settings, entry.step));
  if (found === undefined || (lastYielded !== null && found.entry.step <= lastYielded)) return null;
  return found;
}
