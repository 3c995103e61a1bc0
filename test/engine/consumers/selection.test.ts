import assert from 'node:assert/strict';
import test from 'node:test';
import { choose, pendingOf } from '../../../src/engine/consumers/selection.js';
import { owed, situation } from './owed.js';

const NONE = { kind: 'none', isLimited: false, isDrained: false, wakeMs: null };

test('the first in order is offered that is neither in flight, nor claimed, nor parked, nor delayed', () => {
  const steps = [
    owed(1, { leaseNumber: 9 }),
    owed(2),
    owed(3, { parkedAt: 1 }),
    owed(4, { notBefore: 1 }),
    owed(5),
    owed(6),
  ];
  const choice = choose(situation({ owed: steps, claimed: [2], dueMs: { 4: 101 }, maxInFlight: 9 }));
  assert.deepEqual(choice, { kind: 'offer', owed: steps[4] });
});

test('without anything open the consumer is drained; parked steps do not count', () => {
  assert.deepEqual(choose(situation({ owed: [] })), { ...NONE, isDrained: true });
  assert.deepEqual(choose(situation({ owed: [owed(1, { parkedAt: 1 })] })), { ...NONE, isDrained: true });
});

test('what is in flight, claimed or delayed keeps it from being drained', () => {
  assert.deepEqual(choose(situation({ owed: [owed(1, { leaseNumber: 9 })] })), NONE);
  assert.deepEqual(choose(situation({ owed: [owed(1)], claimed: [1] })), NONE);
  const delayed = situation({ owed: [owed(1), owed(2)], dueMs: { 1: 300, 2: 200 } });
  assert.deepEqual(choose(delayed), { ...NONE, wakeMs: 200 });
});

test('a delayed step is looked at again no sooner than the next grant may come', () => {
  const delayed = situation({ owed: [owed(1)], dueMs: { 1: 200 }, nextGrantMs: 250 });
  assert.deepEqual(choose(delayed), { ...NONE, wakeMs: 250 });
});

test('the minimum interval holds everything back; the limit of deliveries is not named then', () => {
  const steps = [owed(1, { leaseNumber: 9 }), owed(2)];
  assert.deepEqual(choose(situation({ owed: steps, nextGrantMs: 101 })), { ...NONE, wakeMs: 101 });
  assert.deepEqual(choose(situation({ owed: steps, nextGrantMs: 100 })), { ...NONE, isLimited: true });
});

test('claims count as deliveries under way', () => {
  const steps = [owed(1), owed(2), owed(3, { leaseNumber: 9 })];
  const two = situation({ owed: steps, claimed: [1], maxInFlight: 2 });
  assert.deepEqual(choose(two), { ...NONE, isLimited: true });
  assert.equal(choose({ ...two, settings: { ...two.settings, maxInFlight: 3 } }).kind, 'offer');
});

test('latest: something newer goes before what was handed back, unless a limit holds it back', () => {
  const latest = { mode: 'latest', owed: [owed(1)], lastYielded: 10, hasNewer: true } as const;
  assert.deepEqual(choose(situation(latest)), { kind: 'newer' });
  const full = situation({ ...latest, owed: [owed(1, { leaseNumber: 9 })] });
  assert.deepEqual(choose(full), { ...NONE, isLimited: true });
});

test('latest: only the last one yielded is offered again', () => {
  const older = owed(1);
  const newest = owed(2);
  const latest = { mode: 'latest', owed: [older, newest], lastYielded: newest.step } as const;
  assert.deepEqual(choose(situation(latest)), { kind: 'offer', owed: newest });
  assert.deepEqual(choose(situation({ ...latest, owed: [older] })), { ...NONE, isDrained: true });
});

test('pending is what will still be yielded, delayed steps included', () => {
  const steps = [owed(1, { leaseNumber: 9 }), owed(2), owed(3, { parkedAt: 1 }), owed(4)];
  assert.deepEqual(pendingOf(situation({ owed: steps, dueMs: { 4: 1_000 } })), [steps[1], steps[3]]);
});
