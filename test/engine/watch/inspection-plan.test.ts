import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Candidate } from '../../../src/engine/steps/classification.js';
import { StepIndex } from '../../../src/engine/steps/step-index.js';
import type { TrackedStep } from '../../../src/engine/steps/tracked-step.js';
import { InspectionPlan } from '../../../src/engine/watch/inspection-plan.js';
import { IDENTITY, inventory } from '../../support/inspections.js';
import { stepEntry } from '../../support/step-entries.js';

const NO_HINTS: ReadonlySet<string> = new Set();

function tracked(name: string, fields: Partial<TrackedStep> = {}): TrackedStep {
  const entry = stepEntry(name, 'finalized', { generation: `g${name}` });
  return { entry, identity: IDENTITY, inventory: inventory(), settling: null, ...fields };
}

/** Steps 1 … count, all finalized and known in full, highest first. */
function settled(count: number): { index: StepIndex; candidates: readonly Candidate[] } {
  const index = new StepIndex();
  const names = Array.from({ length: count }, (_, place) => String(count - place));
  for (const name of names) index.set(name, tracked(name));
  return { index, candidates: names.map((name) => ({ name, step: Number(name), earlier: [] })) };
}

describe('the inspection plan', () => {
  it('looks at whatever is new, unresolved or hinted at, highest first', () => {
    const { index, candidates } = settled(100);
    index.set('90', null);
    index.set('50', { ...tracked('50'), entry: stepEntry('50', 'temporary') });
    index.set('40', tracked('40', { identity: null }));
    const requests = new InspectionPlan().requests(candidates, index, new Set(['10']), false);
    assert.deepEqual(
      requests.slice(0, 4).map(({ name }) => name),
      ['90', '50', '40', '10'],
    );
  });

  it('audits the newest finalized steps in every scan, more of them in a thorough one', () => {
    const { index, candidates } = settled(100);
    const plan = new InspectionPlan();
    const audited = (isThorough: boolean) => plan.requests(candidates, index, NO_HINTS, isThorough);
    assert.deepEqual(
      audited(false).map(({ name }) => name),
      ['100', '99', '98', '97', '96', '95', '94', '93'],
    );
    assert.ok(audited(true).length > 64);
    assert.ok(audited(true).every(({ depth }) => depth === 'audit'));
  });

  it('reaches every finalized step within a few thorough scans, and never too many in one', () => {
    const { index, candidates } = settled(1_000);
    const plan = new InspectionPlan();
    const seen = new Set<string>();
    for (let scan = 0; scan < 9; scan += 1) {
      const requests = plan.requests(candidates, index, NO_HINTS, true);
      assert.ok(requests.length <= 192, `${requests.length}`);
      for (const { name } of requests) seen.add(name);
    }
    assert.equal(seen.size, 1_000);
  });

  it('audits against the inventory, and looks where there is none', () => {
    const { index, candidates } = settled(2);
    index.set('1', tracked('1', { inventory: null }));
    const requests = new InspectionPlan().requests(candidates, index, NO_HINTS, false);
    assert.deepEqual(
      requests.map(({ name, depth, known }) => [name, depth, known !== null]),
      [
        ['2', 'audit', true],
        ['1', 'look', false],
      ],
    );
  });

  it('looks at what is being deleted without its inventory: it may be saved again', () => {
    const { index, candidates } = settled(1);
    index.set('1', { ...tracked('1'), entry: stepEntry('1', 'deleting', { generation: 'g1' }) });
    assert.deepEqual(new InspectionPlan().requests(candidates, index, NO_HINTS, false), [
      { name: '1', depth: 'look', known: null },
    ]);
  });
});
