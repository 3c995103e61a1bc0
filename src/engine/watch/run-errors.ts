import { EngineError } from '../errors.js';
import type { WatchedRun } from '../runs/watched-run.js';

interface Watched {
  readonly run: WatchedRun;
}

export function runNotFound(name: string): EngineError {
  return new EngineError('run_not_found', `there is no run "${name}"`, {
    hint: 'GET /runs lists the runs; PUT /runs/{run} registers one',
  });
}

export function runUnavailable({ run }: Watched): EngineError {
  return new EngineError(
    'run_unavailable',
    `the directory of run "${run.name}" cannot be read: ${run.reason ?? 'it was not scanned yet'}`,
    {
      hint: 'the run recovers by itself when the directory can be read again; waits keep waiting meanwhile',
    },
  );
}

export function stepNotFound({ run }: Watched, step: number | 'latest'): EngineError {
  const highest = run.index.highest()?.entry.step ?? null;
  const there = highest === null ? 'it has no finalized step' : `its highest finalized step is ${highest}`;
  const found = step === 'latest' ? null : run.index.byStep(step);
  const state = found === null ? '' : `; ${found.entry.name} is ${found.entry.state}: ${found.entry.reason}`;
  return new EngineError(
    'step_not_found',
    step === 'latest'
      ? `run "${run.name}" has no finalized step`
      : `run "${run.name}" has no finalized step ${step}: ${there}${state}`,
    {
      hint: 'GET /steps?state=all shows every entry of the directory and why it counts or not',
    },
  );
}
