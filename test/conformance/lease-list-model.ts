import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import type { LeaseRecord, LeaseState } from '../../src/engine/holdings/lease.js';
import type { LeaseQuery } from '../../src/engine/store.js';
import type { MakeStorage } from './harness.js';
import { isAsked, runName, someRuns } from './run-choices.js';
import { lease } from './sample-records.js';

const STATES: readonly LeaseState[] = ['pending', 'active', 'released', 'expired', 'broken', 'lost'];
const state = fc.constantFrom(...STATES);
const kept = fc.record({ run: runName, state, step: fc.nat(2) });
const asked: fc.Arbitrary<LeaseQuery> = fc.record({
  runs: someRuns,
  state: fc.option(state),
  step: fc.option(fc.nat(2)),
  after: fc.nat(20),
  limit: fc.integer({ min: 1, max: 12 }),
});

function expected(leases: readonly LeaseRecord[], query: LeaseQuery): readonly LeaseRecord[] {
  return leases
    .filter((each) => isAsked(query.runs, each.run))
    .filter((each) => (query.state === null ? each.state !== 'pending' : each.state === query.state))
    .filter((each) => query.step === null || each.step === query.step)
    .filter((each) => each.number > query.after)
    .slice(0, query.limit);
}

export function leaseListModel(make: MakeStorage): void {
  test('any list of leases equals the filter over all of them, ascending by number', async (t) => {
    const store = await (await make(t)).open();
    const scenario = fc.tuple(
      fc.array(kept, { maxLength: 25 }),
      fc.array(fc.tuple(fc.nat(30), state), { maxLength: 10 }),
      fc.array(asked, { minLength: 5, maxLength: 15 }),
    );
    const property = fc.asyncProperty(scenario, async ([drafts, changes, queries]) => {
      const leases = await store.write(async (tx) => {
        for (const old of await tx.leases.list(EVERYTHING)) {
          await tx.leases.remove(old.number);
        }
        for (const old of await tx.leases.list({ ...EVERYTHING, state: 'pending' })) {
          await tx.leases.remove(old.number);
        }
        const inserted: LeaseRecord[] = [];
        for (const draft of drafts) {
          inserted.push(await tx.leases.insert(lease(draft)));
        }
        for (const [place, next] of changes) {
          const changed = inserted[place];
          if (changed !== undefined) {
            await tx.leases.update(changed.number, changed.state, { state: next });
            inserted[place] = { ...changed, state: next };
          }
        }
        return inserted;
      });
      const first = leases[0]?.number ?? 0;
      for (const query of queries) {
        const moved = { ...query, after: first - 1 + query.after };
        assert.deepEqual(await store.leases.list(moved), expected(leases, moved));
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });
}

const EVERYTHING: LeaseQuery = { runs: RunGlobs.everything, state: null, step: null, after: 0, limit: 1000 };
