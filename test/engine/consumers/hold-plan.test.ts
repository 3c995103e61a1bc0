import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { OwedStep } from '../../../src/engine/consumers/consumer.js';
import { type HoldSituation, planHolds } from '../../../src/engine/consumers/hold-plan.js';
import { owed } from './owed.js';

function plan(steps: readonly OwedStep[], change: Partial<HoldSituation> = {}) {
  const { hold, skip } = planHolds({
    owed: steps,
    maxPending: 2,
    underWay: new Set(),
    isThere: () => true,
    hasFailed: () => false,
    ...change,
  });
  const ordinals = (some: readonly OwedStep[]) => some.map(({ ordinal }) => ordinal);
  return { hold: ordinals(hold), skip: ordinals(skip) };
}

test('the oldest are held first, as many as there is room for', () => {
  assert.deepEqual(plan([owed(1), owed(2), owed(3)]), { hold: [1, 2], skip: [] });
});

test('what is held, or being held, takes room, in flight or not', () => {
  const steps = [owed(1, { snapshotId: 1, leaseNumber: 1 }), owed(2), owed(3)];
  assert.deepEqual(plan(steps), { hold: [2], skip: [] });
  assert.deepEqual(plan(steps, { underWay: new Set([2]) }), { hold: [], skip: [] });
});

test('a step that is gone is skipped and takes no room', () => {
  const steps = [owed(1), owed(2), owed(3)];
  assert.deepEqual(plan(steps, { isThere: ({ ordinal }) => ordinal !== 1 }), { hold: [2, 3], skip: [1] });
});

test('held, in flight and parked steps are never skipped, nor those that are left alone', () => {
  const steps = [
    owed(1, { snapshotId: 1 }),
    owed(2, { leaseNumber: 1 }),
    owed(3, { parkedAt: 1 }),
    owed(4),
    owed(5),
  ];
  const left = { isThere: () => false, hasFailed: ({ ordinal }: OwedStep) => ordinal === 4 };
  assert.deepEqual(plan(steps, { ...left, underWay: new Set([5]) }), { hold: [], skip: [] });
});

test('property: never more than max_pending are held, and nothing younger before something older', () => {
  const step = fc.record({
    snapshotId: fc.option(fc.nat()),
    leaseNumber: fc.option(fc.nat()),
    parkedAt: fc.option(fc.nat(), { freq: 2 }),
    isThere: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), fc.nat({ max: 10 }), (steps, maxPending) => {
      const all = steps.map(({ isThere: _, ...change }, index) => owed(index + 1, change));
      const isThere = ({ ordinal }: OwedStep) => steps[ordinal - 1]?.isThere === true;
      const { hold, skip } = plan(all, { maxPending, isThere });
      const held = all.filter(({ snapshotId }) => snapshotId !== null).length;
      assert.ok(hold.length === 0 || held + hold.length <= maxPending);
      const idle = all.filter(
        (each) => each.snapshotId === null && each.leaseNumber === null && each.parkedAt === null,
      );
      const there = idle.filter(isThere).map(({ ordinal }) => ordinal);
      assert.deepEqual(hold, there.slice(0, hold.length));
      assert.deepEqual(
        skip,
        idle.filter((each) => !isThere(each)).map(({ ordinal }) => ordinal),
      );
    }),
  );
});
