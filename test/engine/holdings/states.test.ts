import assert from 'node:assert/strict';
import test from 'node:test';
import type { LeaseState } from '../../../src/engine/holdings/lease.js';
import { changeLease, LEASE_STATES, type LeaseEvent } from '../../../src/engine/holdings/lease-states.js';
import type { SnapshotState } from '../../../src/engine/holdings/snapshot.js';
import {
  changeSnapshot,
  SNAPSHOT_STATES,
  type SnapshotEvent,
} from '../../../src/engine/holdings/snapshot-states.js';
import { lease, snapshot } from '../../conformance/sample-records.js';
import { MemoryStorage } from '../../support/memory-store/memory-store.js';

type Table<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Record<Event, State | 'removed' | null>>>
>;
type Case<State, Event> = readonly [State, Event, State | 'removed' | null];

/** Every state with every event. */
function walk<State extends string, Event extends string>(table: Table<State, Event>): Case<State, Event>[] {
  // The keys of such a table are its states and events and nothing else: the compiler sees to that.
  const states = Object.keys(table) as State[];
  return states.flatMap((state) => {
    const events = Object.keys(table[state]) as Event[];
    return events.map((event) => [state, event, table[state][event]] as const);
  });
}

test('each event takes a lease from each state where the table says, and changes nothing where it says nothing', async () => {
  const cases: readonly Case<LeaseState, LeaseEvent>[] = walk(LEASE_STATES);
  assert.equal(cases.length, 6 * 7);
  for (const [from, event, to] of cases) {
    const store = new MemoryStorage('states-of-leases').open();
    const before = await store.write((tx) => tx.leases.insert(lease({ state: from })));

    const isChanged = await store.write((tx) =>
      changeLease(tx, before.number, from, event, { endReason: 'told' }),
    );

    const after = await store.leases.byNumber(before.number);
    const expected = { ...before, state: to, endReason: 'told' };
    assert.equal(isChanged, to !== null, `${from}, ${event}`);
    assert.deepEqual(after, to === null ? before : to === 'removed' ? null : expected, `${from}, ${event}`);
  }
});

test('a lease that is active or pending ends once: no ended state is left again', () => {
  const ended = walk(LEASE_STATES).filter(([from]) => from !== 'pending' && from !== 'active');
  assert.deepEqual(
    ended.filter(([, , to]) => to !== null),
    [],
  );
});

test('each event takes a snapshot from each state where the table says, and changes nothing where it says nothing', async () => {
  const cases: readonly Case<SnapshotState, SnapshotEvent>[] = walk(SNAPSHOT_STATES);
  assert.equal(cases.length, 3 * 3);
  for (const [from, event, to] of cases) {
    const store = new MemoryStorage('states-of-snapshots').open();
    const before = await store.write((tx) => tx.snapshots.insert(snapshot({ state: from })));

    const isChanged = await store.write((tx) => changeSnapshot(tx, before.id, from, event));

    const after = await store.snapshots.find(before.run, before.generation);
    assert.equal(isChanged, to !== null, `${from}, ${event}`);
    assert.deepEqual(
      after,
      to === null ? before : to === 'removed' ? null : { ...before, state: to },
      `${from}, ${event}`,
    );
  }
});
