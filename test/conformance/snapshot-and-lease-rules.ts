import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import type { LeaseQuery } from '../../src/engine/store.js';
import { type MakeStorage, storeWithRun, writeAndFail } from './harness.js';
import { grantKey, lease, snapshot } from './sample-records.js';

const ALL: LeaseQuery = { runs: RunGlobs.everything, state: null, step: null, after: 0, limit: 100 };

export function snapshotAndLeaseRules(make: MakeStorage): void {
  test('snapshots get rising ids and the paths for them, are listed by id and come back as they were inserted', async (t) => {
    const store = await storeWithRun(make, t);
    const drafts = [
      snapshot({ mode: 'copy', layout: 'orbax' }),
      snapshot({ generation: 'g2', state: 'ready' }),
    ];
    const inserted = await store.write(async (tx) => {
      const first = await tx.snapshots.insert(drafts[0] ?? snapshot());
      return [first, await tx.snapshots.insert(drafts[1] ?? snapshot())];
    });
    assert.deepEqual(
      inserted.map(({ id, ...rest }) => [typeof id, rest]),
      drafts.map(({ pathOf, ...draft }, i) => ['number', { ...draft, path: pathOf(inserted[i]?.id ?? -1) }]),
    );
    assert.ok(Number(inserted[0]?.id) < Number(inserted[1]?.id));
    assert.deepEqual(await store.snapshots.list(), inserted);
  });

  test('a snapshot goes from the state that was expected to the next, and is removed; each tells whether it did', async (t) => {
    const store = await storeWithRun(make, t);
    const first = await store.write((tx) => tx.snapshots.insert(snapshot()));
    const second = await store.write((tx) => tx.snapshots.insert(snapshot({ generation: 'g2' })));
    const advanced = await store.write(async (tx) => [
      await tx.snapshots.advance(first.id, 'building', 'ready'),
      await tx.snapshots.advance(first.id, 'building', 'deleting'),
      await tx.snapshots.advance(-1, 'building', 'ready'),
    ]);
    assert.deepEqual(advanced, [true, false, false]);
    assert.deepEqual(await store.snapshots.list(), [{ ...first, state: 'ready' }, second]);
    const removed = await store.write(async (tx) => [
      await tx.snapshots.remove(first.id),
      await tx.snapshots.remove(first.id),
    ]);
    assert.deepEqual(removed, [true, false]);
    assert.deepEqual(await store.snapshots.list(), [second]);
  });

  test('a generation has at most one snapshot, in whatever state, and it is found', async (t) => {
    const store = await storeWithRun(make, t);
    const made = await store.write((tx) => tx.snapshots.insert(snapshot({ state: 'deleting' })));
    await assert.rejects(store.write((tx) => tx.snapshots.insert(snapshot({ state: 'building' }))));
    assert.deepEqual(await store.snapshots.find(made.run, made.generation), made);
    assert.equal(await store.snapshots.find(made.run, 'another'), null);
    assert.equal(await store.snapshots.find('another', made.generation), null);
  });

  test('ids of snapshots and numbers of leases are never used again, also after reopening', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    const last = await store.write(async (tx) => {
      const made = await tx.snapshots.insert(snapshot());
      const granted = await tx.leases.insert(lease({ state: 'pending' }));
      await tx.snapshots.remove(made.id);
      await tx.leases.remove(granted.number);
      return [made.id, granted.number] as const;
    });
    await store.close();
    const again = await storage.open();
    const made = await again.write((tx) => tx.snapshots.insert(snapshot()));
    const granted = await again.write((tx) => tx.leases.insert(lease()));
    assert.ok(made.id > last[0]);
    assert.ok(granted.number > last[1]);
  });

  test('ids that are skipped are never given, and skipping never goes back', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    assert.equal(await store.snapshots.lastId(), 0);
    await store.write((tx) => tx.snapshots.skipTo(40));
    await store.write((tx) => tx.snapshots.skipTo(7));
    assert.equal(await store.snapshots.lastId(), 40);
    await store.close();
    const again = await storage.open();
    assert.equal((await again.write((tx) => tx.snapshots.insert(snapshot()))).id, 41);
    assert.equal(await again.snapshots.lastId(), 41);
  });

  test('leases are found by id and by number, as they were inserted', async (t) => {
    const store = await storeWithRun(make, t);
    const draft = lease({ snapshotId: 7, relativePath: '_STEPLEASE/g1/1', holder: null, labels: {} });
    const inserted = await store.write((tx) => tx.leases.insert(draft));
    assert.deepEqual(inserted, { ...draft, number: inserted.number });
    assert.deepEqual(await store.leases.byId(draft.id), inserted);
    assert.deepEqual(await store.leases.byNumber(inserted.number), inserted);
    assert.equal(await store.leases.byId('ls_unknown'), null);
    assert.equal(await store.leases.byNumber(inserted.number + 1), null);
  });

  test('a lease that is a delivery comes back as one', async (t) => {
    const store = await storeWithRun(make, t);
    const draft = lease({ delivery: { consumer: 'c', attempt: 2 }, verdict: 'ack' });
    const inserted = await store.write((tx) => tx.leases.insert(draft));
    assert.deepEqual(await store.leases.byNumber(inserted.number), inserted);
    assert.deepEqual(inserted.delivery, { consumer: 'c', attempt: 2 });
  });

  test('an id cannot be given to two leases', async (t) => {
    const store = await storeWithRun(make, t);
    const draft = lease();
    await store.write((tx) => tx.leases.insert(draft));
    await assert.rejects(store.write((tx) => tx.leases.insert(draft)));
    assert.equal((await store.leases.list(ALL)).length, 1);
  });

  test('a lease is changed in the fields given alone', async (t) => {
    const store = await storeWithRun(make, t);
    const [one, other] = await store.write(async (tx) => [
      await tx.leases.insert(lease({ state: 'pending' })),
      await tx.leases.insert(lease()),
    ]);
    assert.ok(one !== undefined && other !== undefined);
    const granted = {
      state: 'active',
      snapshotId: 3,
      path: '/p',
      relativePath: 'p',
      ttlMs: 1.5,
      grantedAt: 10,
      renewedAt: 11,
      waitedMs: 0,
    } as const;
    const isGranted = await store.write((tx) => tx.leases.update(one.number, 'pending', granted));
    assert.equal(isGranted, true);
    assert.deepEqual(await store.leases.byNumber(one.number), { ...one, ...granted });
    const ended = {
      state: 'broken',
      endedAt: 12,
      endReason: 'maintenance',
      snapshotId: null,
      verdict: 'nack',
    } as const;
    const isEnded = await store.write(async (tx) => [
      await tx.leases.update(one.number, 'pending', { ...ended, endReason: 'too late' }),
      await tx.leases.update(one.number, 'active', ended),
      await tx.leases.update(one.number, 'active', { ...ended, endReason: 'once more' }),
      await tx.leases.update(-1, 'active', ended),
    ]);
    assert.deepEqual(isEnded, [false, true, false, false]);
    assert.deepEqual(await store.leases.byNumber(one.number), { ...one, ...granted, ...ended });
    assert.deepEqual(await store.leases.byNumber(other.number), other);
  });

  test('only pending and active leases hold a snapshot', async (t) => {
    const store = await storeWithRun(make, t);
    const states = ['pending', 'active', 'active', 'released', 'expired', 'broken', 'lost'] as const;
    const count = await store.write(async (tx) => {
      for (const state of states) {
        await tx.leases.insert(lease({ state, snapshotId: 5 }));
      }
      await tx.leases.insert(lease({ snapshotId: 6 }));
      return [await tx.leases.countHolding(5), await tx.leases.countHolding(99)];
    });
    assert.deepEqual(count, [3, 0]);
  });

  test('pruning removes leases that ended before the time, with their grant keys, and no more than asked', async (t) => {
    const store = await storeWithRun(make, t);
    const [first, second, third, active] = await store.write(async (tx) => {
      const made = [];
      for (const endedAt of [3, 1, 5, null]) {
        const state = endedAt === null ? 'active' : 'released';
        made.push((await tx.leases.insert(lease({ state, endedAt }))).number);
      }
      for (const number of made) {
        await tx.keys.insert(grantKey(number, { key: `k${number}` }));
      }
      return made;
    });
    const prune = (atMost: number) => store.write((tx) => tx.leases.prune({ endedBefore: 5, atMost }));
    const left = async () => (await store.leases.list(ALL)).map((each) => each.number);
    assert.equal(await prune(1), 1, 'the one that ended first');
    assert.deepEqual(await left(), [first, third, active]);
    assert.equal(await store.keys.find('r', 'anyone', `k${second}`), null);
    assert.equal(await prune(100), 1);
    assert.deepEqual(await left(), [third, active]);
    assert.notEqual(await store.keys.find('r', 'anyone', `k${active}`), null);
    assert.equal(await prune(100), 0);
  });

  test('a grant key is found by run, caller and key together, and keeps the lease that it gave first', async (t) => {
    const store = await storeWithRun(make, t);
    const [number, newer] = await store.write(async (tx) => {
      const made = [await tx.leases.insert(lease()), await tx.leases.insert(lease())];
      return made.map((each) => each.number);
    });
    assert.ok(number !== undefined && newer !== undefined);
    assert.equal(await store.write((tx) => tx.keys.insert(grantKey(number))), true);
    assert.deepEqual(await store.keys.find('r', 'anyone', 'k1'), grantKey(number));
    for (const [runName, caller, key] of [
      ['s', 'anyone', 'k1'],
      ['r', 'somebody', 'k1'],
      ['r', 'anyone', 'K1'],
    ] as const) {
      assert.equal(await store.keys.find(runName, caller, key), null);
    }
    const late = grantKey(newer, { fingerprint: 'step=2', createdAt: 5 });
    assert.equal(await store.write((tx) => tx.keys.insert(late)), false);
    assert.deepEqual(await store.keys.find('r', 'anyone', 'k1'), grantKey(number));
  });

  test('grant keys go with a pending lease that is removed, and by their age, the oldest first', async (t) => {
    const store = await storeWithRun(make, t);
    await store.write(async (tx) => {
      const pending = await tx.leases.insert(lease({ state: 'pending' }));
      await tx.keys.insert(grantKey(pending.number, { key: 'pending' }));
      await tx.leases.remove(pending.number);
      const { number } = await tx.leases.insert(lease());
      for (const createdAt of [2, 1, 3]) {
        await tx.keys.insert(grantKey(number, { key: `k${createdAt}`, createdAt }));
      }
    });
    const left = async () => {
      const found = ['pending', 'k1', 'k2', 'k3'].map((key) => store.keys.find('r', 'anyone', key));
      return (await Promise.all(found)).map((each) => each?.key ?? null);
    };
    const prune = (atMost: number) => store.write((tx) => tx.keys.prune({ createdBefore: 3, atMost }));
    assert.deepEqual(await left(), [null, 'k1', 'k2', 'k3']);
    assert.equal(await prune(1), 1);
    assert.deepEqual(await left(), [null, null, 'k2', 'k3']);
    assert.equal(await prune(100), 1);
    assert.deepEqual(await left(), [null, null, null, 'k3']);
  });

  test('a lease inserted by a work that fails does not exist', async (t) => {
    const store = await storeWithRun(make, t);
    const draft = lease();
    await writeAndFail(store, (tx) => tx.leases.insert(draft));
    assert.equal(await store.leases.byId(draft.id), null);
  });
}
