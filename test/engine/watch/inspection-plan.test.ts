import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Candidate } from '../../../src/engine/steps/classification.js';
import { StepIndex } from '../../../src/engine/steps/step-index.js';
import { restored, type TrackedStep } from '../../../src/engine/steps/tracked-step.js';
import { InspectionPlan, type PlanRules } from '../../../src/engine/watch/inspection-plan.js';
import { IDENTITY, inventory } from '../../support/inspections.js';
import { stepEntry } from '../../support/step-entries.js';

const RULES: PlanRules = { commitMarker: null, hinted: new Set(), isThorough: false, nowMs: 1_000 };

function tracked(name: string, fields: Partial<TrackedStep> = {}): TrackedStep {
  const entry = stepEntry(name, 'finalized', { generation: `g${name}` });
  return { ...restored(entry), identity: IDENTITY, inventory: inventory(), ...fields };
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
    const requests = new InspectionPlan().choose(candidates, index, { ...RULES, hinted: new Set(['10']) });
    assert.deepEqual(
      requests.slice(0, 4).map(({ name }) => name),
      ['90', '50', '40', '10'],
    );
  });

  it('audits the newest finalized steps in every scan, more of them in a thorough one', () => {
    const { index, candidates } = settled(100);
    const plan = new InspectionPlan();
    const audited = (isThorough: boolean) => plan.choose(candidates, index, { ...RULES, isThorough });
    assert.deepEqual(
      audited(false).map(({ name }) => name),
      ['100', '99', '98', '97', '96', '95', '94', '93'],
    );
    assert.ok(audited(true).length > 64);
    assert.ok(audited(false).every(({ depth }) => depth === 'audit'));
  });

  it('reaches every finalized step within a few thorough scans, and never too many in one', () => {
    const { index, candidates } = settled(1_000);
    const plan = new InspectionPlan();
    const seen = new Set<string>();
    for (let scan = 0; scan < 9; scan += 1) {
      const requests = plan.choose(candidates, index, { ...RULES, isThorough: true });
      assert.ok(requests.length <= 192, `${requests.length}`);
      for (const { name } of requests) seen.add(name);
    }
    assert.equal(seen.size, 1_000);
  });

  it('audits against the inventory, and looks where there is none', () => {
    const { index, candidates } = settled(2);
    index.set('1', tracked('1', { inventory: null }));
    const requests = new InspectionPlan().choose(candidates, index, RULES);
    assert.deepEqual(
      requests.map(({ name, depth, known }) => [name, depth, known !== null]),
      [
        ['2', 'audit', true],
        ['1', 'look', false],
      ],
    );
  });

  it('looks at every file of a few finalized steps in a thorough scan, and reaches all of them in turn', () => {
    const { index, candidates } = settled(10);
    for (const { name } of candidates)
      index.set(name, tracked(name, { inventory: inventory({ fileCount: 900 }) }));
    const plan = new InspectionPlan();
    const closely = () =>
      plan
        .choose(candidates, index, { ...RULES, isThorough: true })
        .filter(({ depth }) => depth === 'full_audit')
        .map(({ name }) => name);
    const scans = Array.from({ length: 6 }, closely);
    assert.deepEqual(scans[0], ['10', '9']);
    assert.deepEqual(new Set(scans.flat()), new Set(candidates.map(({ name }) => name)));
  });

  it('looks at every file of a single step that is larger than what one scan looks at', () => {
    const { index, candidates } = settled(1);
    index.set('1', tracked('1', { inventory: inventory({ fileCount: 20_000 }) }));
    const [look] = new InspectionPlan().choose(candidates, index, { ...RULES, isThorough: true });
    assert.equal(look?.depth, 'full_audit');
  });

  it('leaves alone what has to settle until it is due, unless it is hinted at', () => {
    const { index, candidates } = settled(1);
    const known = inventory();
    const settling = { fingerprint: 'a', sinceMs: 0, lookedMs: 0, dueMs: 5_000 };
    const entry = stepEntry('1', 'deleting', { generation: 'g1' });
    index.set('1', tracked('1', { entry, settling, inventory: known }));
    const at = (nowMs: number, hinted: ReadonlySet<string> = new Set()) =>
      new InspectionPlan().choose(candidates, index, { ...RULES, nowMs, hinted });
    assert.deepEqual(at(4_999), []);
    assert.deepEqual(at(5_000), [{ name: '1', depth: 'inventory', known }]);
    assert.equal(at(1, new Set(['1'])).length, 1);
    assert.equal(index.nextDueMs(), 5_000);
  });

  it('looks again at what is finalized by a rule that does not hold any more', () => {
    const { index, candidates } = settled(100);
    index.set(
      '1',
      tracked('1', { entry: stepEntry('1', 'finalized', { generation: 'g1', commitMarker: null }) }),
    );
    const first = (commitMarker: string | null) => {
      for (const { name } of candidates.slice(0, -1))
        index.set(
          name,
          tracked(name, { entry: stepEntry(name, 'finalized', { generation: name, commitMarker }) }),
        );
      return new InspectionPlan().choose(candidates, index, { ...RULES, commitMarker })[0]?.name;
    };
    assert.deepEqual([first('commit_success.txt'), first(null)], ['1', '100']);
  });

  it('reads anew, in a thorough scan, what could not be read before', () => {
    const { index, candidates } = settled(1);
    index.set('1', tracked('1', { entry: stepEntry('1', 'finalized', { metadataTrouble: 'cut short' }) }));
    const [look] = new InspectionPlan().choose(candidates, index, { ...RULES, isThorough: true });
    assert.equal(look?.depth, 'inventory');
  });
});
