import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import type { WaitOutcome, WaitRecord, WaitSummary } from '../../src/engine/waits/wait.js';
import type { MakeStorage } from './harness.js';
import { isAsked, runName, someRuns } from './run-choices.js';
import { wait } from './sample-records.js';

export function waitRules(make: MakeStorage): void {
  test('waits come back as they were appended, the newest first, page by page', async (t) => {
    const store = await (await make(t)).open();
    const waits = [
      wait({ until: null, step: null, outcome: 'timeout' }),
      wait({ run: 'other', source: 'lease' }),
      wait({ outcome: 'finished', durationMs: 0 }),
      wait({ outcome: 'cancelled', source: 'consumer', until: 2 ** 53 - 1 }),
    ];
    await store.write((tx) => tx.waits.append(waits.slice(0, 2)));
    await store.write((tx) => tx.waits.append(waits.slice(2)));
    const newestFirst = waits.toReversed();
    const first = await store.waits.page({ runs: RunGlobs.everything, before: null, limit: 3 });
    assert.deepEqual(first.waits, newestFirst.slice(0, 3));
    const second = await store.waits.page({ runs: RunGlobs.everything, before: first.next, limit: 3 });
    assert.deepEqual(second, { waits: newestFirst.slice(3), next: null });
    const whole = await store.waits.page({ runs: RunGlobs.everything, before: null, limit: 4 });
    assert.deepEqual(whole, { waits: newestFirst, next: null });
  });

  test('a page of one run shows no other', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.waits.append([wait(), wait({ run: 'other' }), wait({ step: 2 })]));
    const first = await store.waits.page({ runs: RunGlobs.only('r'), before: null, limit: 1 });
    assert.deepEqual(first.waits, [wait({ step: 2 })]);
    const second = await store.waits.page({ runs: RunGlobs.only('r'), before: first.next, limit: 1 });
    assert.deepEqual(second, { waits: [wait()], next: null });
  });

  test('a wait recorded between two pages is not in the second', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.waits.append([wait({ step: 1 }), wait({ step: 2 })]));
    const first = await store.waits.page({ runs: RunGlobs.everything, before: null, limit: 1 });
    await store.write((tx) => tx.waits.append([wait({ step: 3 })]));
    const second = await store.waits.page({ runs: RunGlobs.everything, before: first.next, limit: 9 });
    assert.deepEqual(second.waits, [wait({ step: 1 })]);
  });

  test('pruning removes the oldest: by time, by count, and never more than asked', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.waits.append([1, 2, 3, 4, 5].map((startedAt) => wait({ startedAt }))));
    const prune = (before: number, keep: number, atMost: number) =>
      store.write((tx) => tx.waits.prune({ before, keep, atMost }));
    const left = async () =>
      (await store.waits.page({ runs: RunGlobs.everything, before: null, limit: 9 })).waits.map(
        (each) => each.startedAt,
      );
    assert.equal(await prune(1, 5, 9), 0);
    assert.equal(await prune(3, 9, 1), 1);
    assert.equal(await prune(3, 9, 9), 1);
    assert.deepEqual(await left(), [5, 4, 3]);
    assert.equal(await prune(0, 1, 9), 2);
    assert.deepEqual(await left(), [5]);
    assert.equal(await prune(0, 0, 9), 1);
    await store.write((tx) => tx.waits.append([wait({ startedAt: 6 })]));
    assert.deepEqual(await left(), [6]);
  });

  test('the summary of nothing has null percentiles', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.waits.append([wait()]));
    assert.deepEqual(await store.waits.summary(RunGlobs.only('never')), summarize([]));
  });

  test('the summary equals the nearest-rank percentiles over the records kept', async (t) => {
    const store = await (await make(t)).open();
    const outcome = fc.constantFrom<WaitOutcome>('reached', 'timeout', 'finished', 'cancelled');
    const durationMs = fc.oneof(fc.nat(50), fc.double({ min: 0, max: 1e6, noNaN: true }));
    const record = fc.record({ run: runName, outcome, durationMs }).map(wait);
    const property = fc.asyncProperty(fc.array(record, { maxLength: 210 }), someRuns, async (waits, runs) => {
      await store.write(async (tx) => {
        await tx.waits.prune({ before: 0, keep: 0, atMost: 1000 });
        await tx.waits.append(waits);
      });
      assert.deepEqual(await store.waits.summary(RunGlobs.everything), summarize(waits));
      const asked = waits.filter((each) => isAsked(runs, each.run));
      assert.deepEqual(await store.waits.summary(runs), summarize(asked));
      assert.deepEqual(await store.write((tx) => tx.waits.summary(runs)), summarize(asked));
      const { waits: shown } = await store.waits.page({ runs, before: null, limit: 210 });
      assert.deepEqual(shown, asked.toReversed());
    });
    await fc.assert(property, { numRuns: 100 });
  });
}

function summarize(waits: readonly WaitRecord[]): WaitSummary {
  const durations = waits.map((each) => each.durationMs).sort((a, b) => a - b);
  const rank = (percent: number) => durations[Math.ceil((durations.length * percent) / 100) - 1] ?? null;
  const count = (outcome: WaitOutcome) => waits.filter((each) => each.outcome === outcome).length;
  return {
    count: waits.length,
    reached: count('reached'),
    timeout: count('timeout'),
    finished: count('finished'),
    cancelled: count('cancelled'),
    p50: rank(50),
    p90: rank(90),
    p99: rank(99),
    max: durations.at(-1) ?? null,
  };
}
