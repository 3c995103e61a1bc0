import { RunGlobs } from '../access/run-globs.js';
import type { EventLog } from '../events/event-log.js';
import type { WatchedRun } from '../runs/watched-run.js';
import type { Interrupt } from '../signals/interrupt.js';
import { waitForEvents } from '../signals/wait-for-events.js';
import { type FinalizedStep, isFinalized } from '../steps/tracked-step.js';

/** What a wait is for. */
export interface Condition {
  /** Any step will do when null; else the run's highest must be at least this. */
  readonly until: number | null;
  /** This very step, and no other. */
  readonly exactly: number | null;
  /** Only steps finalized behind this position of the log. */
  readonly after: number | null;
  /** Generations that proved to be gone. */
  readonly except: ReadonlySet<string>;
}

export interface Met {
  readonly kind: 'step';
  readonly tracked: FinalizedStep;
  /** Position in the log just behind what was found. */
  readonly position: number;
}

/** `position`: up to there the log has none, so who goes on behind it misses nothing. */
export type Unmet =
  | { readonly kind: 'finished'; readonly position: number }
  | { readonly kind: 'interrupted'; readonly position: number };

/**
 * The first step that meets a condition, as Orbax's `wait_for_new_checkpoint` finds it: the highest finalized one, if that is high enough.
 * `finished`: none ever will, as far as the trainer said.
 */
export async function awaitCondition(
  log: EventLog,
  run: WatchedRun,
  condition: Condition,
  interrupt: Interrupt,
): Promise<Met | Unmet> {
  let position = condition.after ?? log.position;
  const ended = (): Unmet | null => (run.finished ? { kind: 'finished', position } : null);
  const found = await waitForEvents<Met | Unmet>(log.wakeup(run.name), interrupt, async () => {
    // While the directory cannot be read nobody knows what is in it: neither what was there nor "finished" is an answer.
    if (run.availability === 'unavailable') return null;
    if (condition.after === null) {
      position = log.position;
      return present(log, run, condition) ?? ended();
    }
    const found = await firstAfter(log, run, condition, position);
    if (found.tracked !== null) return { kind: 'step', tracked: found.tracked, position: found.through };
    position = found.through;
    return ended();
  });
  return found ?? { kind: 'interrupted', position };
}

/** The step that meets the condition now; null when none does. */
function present(log: EventLog, run: WatchedRun, condition: Condition): Met | null {
  if (run.availability !== 'available') return null;
  const found = condition.exactly === null ? highest(run, condition) : exact(run, condition.exactly);
  if (found === null || isExcluded(found, condition)) return null;
  return { kind: 'step', tracked: found, position: log.position };
}

function highest(run: WatchedRun, condition: Condition): FinalizedStep | null {
  const { until, except } = condition;
  const found = except.size === 0 ? run.index.highest() : highestBut(run, condition);
  return found !== null && (until === null || found.entry.step >= until) ? found : null;
}

function highestBut(run: WatchedRun, condition: Condition): FinalizedStep | null {
  return run.index.finalized().findLast((tracked) => !isExcluded(tracked, condition)) ?? null;
}

function exact(run: WatchedRun, step: number): FinalizedStep | null {
  const found = run.index.byStep(step);
  return found !== null && isFinalized(found) ? found : null;
}

function isExcluded({ entry }: FinalizedStep, { except }: Condition): boolean {
  return entry.generation !== null && except.has(entry.generation);
}

/** Reads on through the log for a finalized step that still is there, whatever its number. */
async function firstAfter(
  log: EventLog,
  run: WatchedRun,
  condition: Condition,
  after: number,
): Promise<{ tracked: FinalizedStep | null; through: number }> {
  const runs = RunGlobs.only(run.name);
  for (let position = after; ; ) {
    const page = await log.page({ after: position, limit: 100, runs, types: ['step.finalized'] });
    for (const event of page.events) {
      const { generation } = event.data;
      const tracked = typeof generation === 'string' ? run.index.byGeneration(generation) : null;
      if (tracked === null || !isFinalized(tracked) || isExcluded(tracked, condition)) continue;
      if (tracked.entry.step >= (condition.until ?? 0)) return { tracked, through: event.sequence };
    }
    position = page.through;
    if (!page.more) return { tracked: null, through: position };
  }
}
