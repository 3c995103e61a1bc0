import { type Bounds, checkLimit, type LimitRule } from '../access/limit.js';
import type { RunGlobs } from '../access/run-globs.js';
import { EngineError } from '../errors.js';
import { type RunOptions, runOptionsProblem } from '../runs/run-options.js';
import { nameFormatProblem } from '../steps/name-format.js';
import type { LiveRun } from '../watch/run-registry.js';
import { describeNameFormat } from './run-document.js';

const LIMIT: LimitRule = {
  setting: 'max_runs',
  code: 'limit_reached',
  noun: 'runs',
  hint: 'remove runs that nobody needs with DELETE /runs/{run}',
};

/** Whether the caller may register one run more. */
export function checkRoom(runs: readonly LiveRun[], bounds: Bounds, caller: string): void {
  const ofCaller = runs.filter(({ run }) => run.record.createdBy === caller).length;
  checkLimit(LIMIT, bounds, { all: runs.length, ofCaller });
}

/** The same words whether there is such a run or not. */
export function checkSight(name: string, sight: RunGlobs): void {
  if (sight.sees(name)) return;
  throw new EngineError(
    'forbidden',
    `the token's runs are ${sight.patterns.join(', ') || 'none'}: "${name}" is not among them`,
    { hint: 'use another name, or a token whose runs include this one' },
  );
}

export function checkOptions(options: RunOptions): void {
  for (const format of options.stepNameFormats) {
    const problem = nameFormatProblem(format);
    if (problem === null) continue;
    const given = JSON.stringify(describeNameFormat(format));
    throw new EngineError('invalid_request', `the name format is ${given}: ${problem}`);
  }
  const problem = runOptionsProblem(options);
  if (problem !== null) throw new EngineError('invalid_request', problem);
}
