import assert from 'node:assert/strict';
import test from 'node:test';
import type { ConsumerSettings, ConsumerStart } from '../../../src/engine/consumers/consumer-options.js';
import { isWanted, newestBeyond, stepsAtStart } from '../../../src/engine/consumers/start-position.js';
import { isFinalized, restored } from '../../../src/engine/steps/tracked-step.js';
import { stepEntry } from '../../support/step-entries.js';

const FINALIZED = [0, 10, 15, 20]
  .map((step) => restored(stepEntry(String(step), 'finalized', { generation: 'g1' })))
  .filter(isFinalized);

function settings(start: ConsumerStart, everyK = 1): ConsumerSettings {
  const limits = { minIntervalMs: 0, maxPending: 3, maxInFlight: 1, maxDeliver: 5, ttlMs: 60_000 };
  return { mode: 'every', start, everyK, ...limits };
}

test('multiples of k from the first wanted number on are wanted; what has no number is not', () => {
  const wanted = (start: ConsumerStart, everyK: number) =>
    [0, 5, 10, 15].filter((step) => isWanted(settings(start, everyK), step));
  assert.deepEqual(wanted('latest', 1), [0, 5, 10, 15]);
  assert.deepEqual(wanted('latest', 10), [0, 10]);
  assert.deepEqual(wanted(10, 5), [10, 15]);
  assert.equal(isWanted(settings('earliest'), null), false);
});

test('a new consumer begins with the newest step, with all, with none, or from a number on', () => {
  const steps = (start: ConsumerStart, everyK?: number) =>
    stepsAtStart(settings(start, everyK), FINALIZED).map(({ entry }) => entry.step);
  assert.deepEqual(steps('latest'), [20]);
  assert.deepEqual(steps('earliest', 10), [0, 10, 20]);
  assert.deepEqual(steps('next'), []);
  assert.deepEqual(steps(15), [15, 20]);
  assert.deepEqual(steps(21), []);
});

test('the newest step is the highest wanted one beyond the last one yielded', () => {
  const newest = (lastYielded: number | null, everyK = 1) =>
    newestBeyond(settings('latest', everyK), FINALIZED, lastYielded)?.entry.step ?? null;
  assert.deepEqual([newest(null), newest(15), newest(20), newest(25)], [20, 20, null, null]);
  assert.equal(newest(null, 15), 15);
  assert.equal(newestBeyond(settings('latest'), FINALIZED.slice(0, 1), null)?.entry.step, 0, 'step 0 counts');
});
