import fc from 'fast-check';
import { RunGlobs } from '../../src/engine/access/run-globs.js';

/** `_`, `%` and the case of letters mean something to databases, nothing to patterns. */
export const runName = fc.constantFrom('r', 's', 'r_x', 'r-x', 'team-a', 'team-b', 'team.c');

const pattern = fc.constantFrom(
  'r',
  's',
  'r_x',
  'r?x',
  'r*',
  'team-*',
  '*a',
  '?',
  'R',
  '%',
  'team_a',
  'gone',
  '',
);

/** All runs, one, those that patterns fit, none. */
export const someRuns: fc.Arbitrary<RunGlobs> = fc.oneof(
  fc.constant(RunGlobs.everything),
  runName.map((name) => RunGlobs.only(name)),
  fc.array(pattern, { maxLength: 3 }).map((patterns) => new RunGlobs(patterns)),
);

/** Whether a query asks for the run. */
export function isAsked(runs: RunGlobs, run: string): boolean {
  return runs.patterns.some((each) =>
    new RegExp(`^${each.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(run),
  );
}
