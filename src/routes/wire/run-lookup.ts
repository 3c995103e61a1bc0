import type { EngineView } from '../../engine/engine.js';
import { EngineError } from '../../engine/errors.js';
import { RUN_NAME_PATTERN } from './parameters.js';
import { show } from './refusal.js';

const RUN_NAME = new RegExp(RUN_NAME_PATTERN);

/** Of a lookup: a name that no run can have is an unknown run, not a malformed request. */
export function lookupName(name: string): string {
  if (RUN_NAME.test(name)) return name;
  throw new EngineError('run_not_found', `there is no run ${show(name)}`, {
    hint: 'GET /runs lists the runs',
  });
}

/** The run that `?run=` means, or the one that is meant without it. */
export function requiredRun(engine: EngineView, name: string | undefined): string {
  return engine.runs.resolve(name === undefined ? null : lookupName(name));
}

/** The run that `?run=` restricts to, which must exist; null for all runs. */
export function optionalRun(engine: EngineView, name: string | undefined): string | null {
  return name === undefined ? null : engine.runs.resolve(lookupName(name));
}
