import assert from 'node:assert/strict';
import test from 'node:test';
import type { OwedStep } from '../../../src/engine/consumers/consumer.js';
import {
  changeOwed,
  OWED_STATES,
  type OwedEvent,
  type OwedState,
  owedStateOf,
} from '../../../src/engine/consumers/owed-states.js';
import type { LeaseState } from '../../../src/engine/holdings/lease.js';
import { changeLease, LEASE_STATES, type LeaseEvent } from '../../../src/engine/holdings/lease-states.js';
import type { SnapshotState } from '../../../src/engine/holdings/snapshot.js';
import {
  changeSnapshot,
  SNAPSHOT_STATES,
  type SnapshotEvent,
} from '../../../src/engine/holdings/snapshot-states.js';
import { consumer, lease, run, snapshot } from '../../conformance/sample-records.js';
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
  assert.equal(cases.length, 3 * 4);
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

test('each event takes an owed step from each state where the table says, and changes nothing where it says nothing', async () => {
  const inState: Readonly<Record<OwedState, Partial<OwedStep>>> = {
    owed: {},
    held: { snapshotId: 1 },
    in_flight: { snapshotId: 1, leaseNumber: 1 },
    parked: { parkedAt: 1 },
  };
  const cases: readonly Case<OwedState, OwedEvent>[] = walk(OWED_STATES);
  assert.equal(cases.length, 4 * 10);
  for (const [from, event, to] of cases) {
    const store = new MemoryStorage('states-of-owed-steps').open();
    const before = await store.write(async (tx) => {
      await tx.runs.put(run('r'));
      await tx.consumers.insert(consumer());
      const [owed] = await tx.consumers.owe('r', 'c', [{ step: 1, stepName: '1', generation: 'g' }]);
      assert.ok(owed);
      const placed = { ...owed, ...inState[from] };
      await tx.consumers.putOwed(placed);
      return placed;
    });
    assert.equal(owedStateOf(before), from);
    const unset = { snapshotId: null, leaseNumber: null, parkedAt: null };
    const after = to === null || to === 'removed' ? null : { ...before, ...unset, ...inState[to] };

    const isChanged = await store.write((tx) => changeOwed(tx, before, event, after));

    assert.equal(isChanged, to !== null, `${from}, ${event}`);
    const [found = null] = await store.consumers.owed('r', 'c');
    assert.deepEqual(found, to === null ? before : after, `${from}, ${event}`);
  }
});
