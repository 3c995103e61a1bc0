import type { StoredEvent } from '../../../src/engine/events/event.js';
import type { LeaseRecord } from '../../../src/engine/holdings/lease.js';
import type { VirtualDisk } from '../server/virtual-disk.js';
import { Violation } from '../violation.js';
import type { LeaseBook } from './lease-book.js';

export interface LedgerPorts {
  readonly disk: VirtualDisk;
  readonly leases: LeaseBook;
}

/** Compares what the store has with what was promised (invariants 5, 6 and 7). */
export class Ledger {
  readonly #ports: LedgerPorts;
  #seen: unknown = null;
  /** Every event that anybody was told of, by its position. */
  readonly #told = new Map<number, StoredEvent>();

  constructor(ports: LedgerPorts) {
    this.#ports = ports;
  }

  check(): void {
    const { state } = this.#ports.disk.storage;
    if (state === this.#seen) return;
    this.#seen = state;
    this.#checkEvents();
    this.#checkLeases(state.leases);
    this.#checkKeys(state.leases);
    this.#checkSnapshots();
  }

  /** The service told of events: they are in the log, and stay as they are (invariant 11). */
  told(sequence: number): StoredEvent {
    const { events } = this.#ports.disk.storage.state;
    const event = events.find((each) => each.sequence === sequence);
    if (event === undefined)
      throw new Violation('11 (events)', `event ${sequence} was told and is not in the log`);
    this.#told.set(sequence, event);
    return event;
  }

  #checkEvents(): void {
    const { events, lastEvent } = this.#ports.disk.storage.state;
    const last = [...this.#told.keys()].at(-1) ?? 0;
    if (last > lastEvent) throw new Violation('11 (events)', `event ${last} was told and is lost`);
    for (const [index, event] of events.slice(-20).entries()) {
      const told = this.#told.get(event.sequence);
      if (told !== undefined && told !== event)
        throw new Violation('11 (events)', `event ${event.sequence} is another one than was told`);
      const before = events.slice(-20)[index - 1];
      if (before !== undefined && before.sequence + 1 !== event.sequence)
        throw new Violation('11 (events)', `event ${event.sequence} follows event ${before.sequence}`);
    }
  }

  #checkLeases(records: ReadonlyMap<number, LeaseRecord>): void {
    for (const known of this.#ports.leases.all) {
      const record = records.get(known.number);
      if (record === undefined || record.state === 'pending') {
        const what = record === undefined ? 'is not stored' : 'is stored as pending';
        throw new Violation('6 (durable acknowledgement)', `lease ${known.number} was granted and ${what}`);
      }
      if (known.isReleased && record.state === 'active')
        throw new Violation(
          '6 (durable acknowledgement)',
          `the release of lease ${known.number} was acknowledged, and it is stored as active`,
        );
      if (known.ending !== null && record.state !== known.ending)
        throw new Violation(
          '7 (terminal states)',
          `lease ${known.number} was told to be ${known.ending} and is stored as ${record.state}`,
        );
    }
  }

  /** One key gives one lease, whatever happens in between. */
  #checkKeys(records: ReadonlyMap<number, LeaseRecord>): void {
    const numbers = new Map<string, number>();
    for (const { number, state, labels } of records.values()) {
      const key = state === 'pending' ? undefined : labels['key'];
      if (key === undefined) continue;
      const other = numbers.get(key) ?? number;
      if (other !== number)
        throw new Violation(
          '6 (durable acknowledgement)',
          `key ${key} gave the leases ${other} and ${number}`,
        );
      numbers.set(key, number);
    }
  }

  #checkSnapshots(): void {
    const { leases, snapshots } = this.#ports.disk.storage.state;
    for (const { state, snapshotId, number } of leases.values()) {
      if (snapshotId === null || (state !== 'active' && state !== 'pending')) continue;
      // One that is pending outlives a snapshot that could not be built.
      if (state === 'pending') continue;
      const snapshot = snapshots.get(snapshotId);
      if (snapshot?.state !== 'ready')
        throw new Violation(
          '5 (reference count)',
          `lease ${number} is ${state}, and its snapshot is ${snapshot?.state ?? 'not stored'}`,
        );
    }
  }
}
