import type { Mutant } from './mutant.js';

const LET_GO = 'engine/snapshots/let-go.ts';
const LEASE_TERMS = 'engine/leases/lease-terms.ts';
const EXPIRY = 'engine/leases/expiry-timers.ts';
const EVENT_LOG = 'engine/events/event-log.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a linked file is not compared with the inventory',
    within: 200,
    edits: [
      {
        file: 'adapters/filesystem/place-file.ts',
        piece:
          "  if (!isSameFile(os.lstat('verify file', target.at(name)), files, row)) throw replaced(pair, row);",
        instead: '',
      },
    ],
  },
  {
    name: 'leases expire by the wall clock',
    within: 200,
    edits: [
      {
        file: EXPIRY,
        piece: '  set(number: number, deadlineMs: number): void {',
        instead:
          '  set(number: number, deadlineMs: number, wallMs = this.#clock.now() + deadlineMs + GRACE_MS - this.#clock.monotonic()): void {',
      },
      {
        file: EXPIRY,
        piece: 'this.#clock.after(delayMs, () => this.#due(number, dueMs)),',
        instead:
          'this.#clock.after(Math.min(delayMs, 100), () => (this.#clock.now() >= wallMs ? this.#end(number) : this.set(number, deadlineMs, wallMs))),',
      },
    ],
  },
  {
    name: 'after a standstill leases expire before the renewals that wait',
    within: 200,
    edits: [
      {
        file: EXPIRY,
        piece: 'if (this.#clock.monotonic() - dueMs > STALL_MS) {',
        instead: 'if (dueMs < 0) {',
      },
    ],
  },
  {
    name: 'a lease expires while its renewal is written down',
    within: 200,
    edits: [
      {
        file: LEASE_TERMS,
        piece: 'if (active === null || this.#renewals.has(number)) return;',
        instead: 'if (active === null) return;',
      },
      { file: LEASE_TERMS, piece: '      if (this.#renewals.has(number)) return;\n', instead: '' },
    ],
  },
  {
    name: 'two snapshots of a generation have the same path',
    within: 50,
    edits: [
      {
        file: 'engine/snapshots/snapshot-paths.ts',
        piece: '/${generation}.${id}/${stepName}`',
        instead: '/${generation}/${stepName}`',
      },
    ],
  },
  {
    name: 'a snapshot is removed with any lease of it',
    within: 50,
    edits: [
      {
        file: LET_GO,
        piece: '  if ((await tx.leases.countHolding(snapshotId)) > 0) return null;\n',
        instead: '',
      },
    ],
  },
  {
    name: 'a held step is let go with a lease of it',
    within: 100,
    edits: [
      {
        file: LET_GO,
        piece: '  if ((await tx.consumers.countHolding(snapshotId)) > 0) return null;\n',
        instead: '',
      },
    ],
  },
  {
    name: 'the last release does not lock the snapshot',
    within: 50,
    edits: [
      {
        file: LET_GO,
        piece: "  if (!(await changeSnapshot(tx, snapshotId, 'ready', 'condemned'))) return null;\n",
        instead: '  void changeSnapshot;\n',
      },
    ],
  },
  {
    name: 'an event is told before it is committed',
    within: 10,
    edits: [
      {
        file: EVENT_LOG,
        piece:
          '      return { value, applied, events: drafts.length === 0 ? [] : await tx.events.append(drafts) };',
        instead:
          '      const events = drafts.length === 0 ? [] : await tx.events.append(drafts);\n      this.#announce(events);\n      return { value, applied, events };',
      },
      {
        file: EVENT_LOG,
        piece: '    this.#announce(events);\n    return value;',
        instead: '    void events;\n    return value;',
      },
    ],
  },
  {
    name: 'an idempotency key is stored after the grant',
    within: 200,
    edits: [
      {
        file: 'engine/leases/grant-protocol.ts',
        piece: '    await noteGrant(tx, changes, lease, terms.keyed);',
        instead:
          '    await noteGrant(tx, changes, lease, null);\n    const { keyed } = terms;\n    if (keyed !== null)\n      changes.apply(() => void this.#ports.log.commit((later) => later.keys.insert({ ...keyed, leaseNumber: lease.number, createdAt: lease.grantedAt })));',
      },
    ],
  },
  {
    name: 'two hints are taken for a rename',
    within: 200,
    edits: [
      {
        file: 'engine/watch/sightings.ts',
        piece: '    if (before === null || !gone.has(before) || isTransient(before)) return false;',
        instead:
          '    if (before === null || isTransient(before)) return false;\n    if (gone.size >= 0) return true;',
      },
    ],
  },
  {
    name: 'what was deleted since a rename is not noticed',
    within: 200,
    edits: [
      {
        file: 'engine/steps/arrival.ts',
        piece: '(context.wasRenamed && isUnchangedSinceRename(identity, content))',
        instead: '(context.wasRenamed || isUnchangedSinceRename(identity, content))',
      },
    ],
  },
  {
    name: 'the publication of a snapshot is not flushed',
    within: 200,
    edits: [
      {
        file: 'adapters/filesystem/build-snapshot.ts',
        piece: "      about(home.path, () => os.fsync('sync publication', home.fd));\n",
        instead: '',
      },
    ],
  },
  {
    name: 'a start removes every snapshot as a stray',
    within: 20,
    edits: [
      {
        file: 'engine/upkeep/reconciler.ts',
        piece: 'if (!isOurs || kept.has(name)) continue;',
        instead: 'if (!isOurs || kept.has(`${name}?`)) continue;',
      },
    ],
  },
  {
    name: 'a release is answered before it is committed',
    within: 50,
    edits: [
      {
        file: LEASE_TERMS,
        piece: "    if (record.state === 'active') await this.end(record, 'released', null);",
        instead: "    if (record.state === 'active') void this.end(record, 'released', null);",
      },
    ],
  },
];
