import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Candidate } from '../../../src/engine/steps/classification.js';
import { describeReason, type StepState } from '../../../src/engine/steps/step.js';
import { StepIndex } from '../../../src/engine/steps/step-index.js';
import { restored, type TrackedStep } from '../../../src/engine/steps/tracked-step.js';
import { Shadowing } from '../../../src/engine/watch/shadowing.js';
import { stepEntry } from '../../support/step-entries.js';

/** Three names of step 5, in the order of their formats, and one of step 4. */
const CANDIDATES: readonly Candidate[] = [
  { name: 'a_5', step: 5, earlier: [] },
  { name: 'b_5', step: 5, earlier: ['a_5'] },
  { name: '5', step: 5, earlier: ['a_5', 'b_5'] },
  { name: '4', step: 4, earlier: [] },
];

function tracked(name: string, state: StepState): TrackedStep {
  return restored(stepEntry(name, state));
}

function shadowing(states: Readonly<Record<string, StepState>>) {
  const index = new StepIndex();
  for (const [name, state] of Object.entries(states)) index.set(name, tracked(name, state));
  return { index, shadowing: new Shadowing(CANDIDATES, index) };
}

const reasons = (findings: ReadonlyMap<string, TrackedStep | null>) =>
  [...findings].map(([name, found]) => `${name}: ${found === null ? 'gone' : describeReason(found.entry)}`);

describe('shadowing', () => {
  it('looks at names of one step in as many rounds as it has names', () => {
    const { rounds } = shadowing({}).shadowing;
    assert.deepEqual(
      rounds.map((round) => round.map(({ name }) => name)),
      [['a_5', '4'], ['b_5'], ['5']],
    );
  });

  it('shades names behind the first finalized one', () => {
    const { shadowing: subject } = shadowing({ a_5: 'deleting', b_5: 'finalized' });
    const [, second = [], third = []] = subject.rounds;
    assert.deepEqual(
      subject.divide(second).open.map(({ name }) => name),
      ['b_5'],
    );
    const { open, shadowed } = subject.divide(third);
    assert.deepEqual([open, reasons(shadowed)], [[], ['5: shadowed by b_5']]);
  });

  it('says nothing twice', () => {
    const { index, shadowing: subject } = shadowing({ a_5: 'finalized' });
    const [, second = []] = subject.rounds;
    for (const [name, found] of subject.divide(second).shadowed) index.set(name, found);
    assert.equal(subject.divide(second).shadowed.size, 0);
  });

  it('tells of what a newly finalized name shades before the name itself', () => {
    const { shadowing: subject } = shadowing({ b_5: 'finalized' });
    const findings = new Map([['a_5', tracked('a_5', 'finalized')]]);
    assert.deepEqual(reasons(subject.complete(findings)), [
      'b_5: shadowed by a_5',
      '5: shadowed by a_5',
      'a_5: was renamed to its final name',
    ]);
    assert.deepEqual(reasons(subject.complete(new Map([['a_5', tracked('a_5', 'deleting')]]))), [
      'a_5: is deleting',
    ]);
  });
});
