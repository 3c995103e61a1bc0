import assert from 'node:assert/strict';
import test from 'node:test';
import { delivered, returned } from '../../../src/engine/consumers/delivery.js';
import { owed } from './owed.js';

const HELD = owed(1, { snapshotId: 5 });
const BACK = { now: 1_000, delayMs: 0, isLost: false, maxDeliver: 2 };

test('a delivery counts an attempt and is due no more', () => {
  assert.deepEqual(delivered({ ...HELD, notBefore: 5 }, 9), { ...HELD, leaseNumber: 9, attempts: 1 });
});

test('what comes back keeps its hold, and waits for the delay', () => {
  const first = delivered(HELD, 9);
  assert.deepEqual(returned(first, BACK), { ...HELD, attempts: 1 });
  assert.deepEqual(returned(first, { ...BACK, delayMs: 30 }), { ...HELD, attempts: 1, notBefore: 1_030 });
});

test('what was lost comes back without its hold', () => {
  assert.equal(returned(delivered(HELD, 9), { ...BACK, isLost: true }).snapshotId, null);
});

test('after max_deliver deliveries it is parked, without hold and delay', () => {
  const last = delivered(returned(delivered(HELD, 8), BACK), 9);
  const parked = returned(last, { ...BACK, delayMs: 30 });
  assert.deepEqual(parked, { ...owed(1), attempts: 2, parkedAt: 1_000 });
});
