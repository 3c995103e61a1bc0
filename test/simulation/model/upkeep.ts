import type { Service } from '../server/service.js';
import { Violation } from '../violation.js';
import type { World } from '../world.js';

/** Between two checks: they ask for what holds for long. */
const INTERVAL_MS = 200;
const GRACE_MS = 1_000;
const REMOVAL_MS = 10_000;
/** A snapshot that is stuck is tried again in this time. */
const RETRY_MS = 35_000;
const AUDIT_MS = 6_000;
const OWN_FILES = ['owner.json', 'commit_success.txt'];

/** What must happen in time, and what must not stay behind (invariants 4, 12, 13 and 15). */
export class Upkeep {
  readonly #world: World;
  #checkedMs = 0;
  /** When a snapshot was first seen to be removed. */
  readonly #deletingMs = new Map<number, number>();
  readonly #unbackedMs = new Map<number, number>();
  readonly #unneededMs = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
  }

  check(service: Service | null): void {
    const { agenda, faults } = this.#world;
    if (service === null || !service.process.isAlive || service.engine === null) return;
    if (agenda.nowMs - this.#checkedMs < INTERVAL_MS) return;
    this.#checkedMs = agenda.nowMs;
    const calmSinceMs = Math.max(service.servedMs, faults.troubledMs);
    this.#world.waits.check(calmSinceMs);
    this.#checkTerms(calmSinceMs);
    this.#checkHonesty(calmSinceMs);
    this.#checkNeeded(calmSinceMs);
    this.#checkRemovals(calmSinceMs);
    this.#checkBounds(service);
    if (faults.filesFailedMs < service.process.startedMs) this.#checkStrays();
  }

  /** How late things may be on a machine on which everything may take long. */
  get #slackMs(): number {
    return 300 + this.#world.habits.slowPercent * 2_000;
  }

  #checkTerms(calmSinceMs: number): void {
    const { agenda, disk, leases } = this.#world;
    for (const lease of leases.all) {
      if (lease.ending !== null || disk.storage.state.leases.get(lease.number)?.state !== 'active') continue;
      const renewedMs = Math.max(lease.acknowledgedMs, calmSinceMs) + lease.ttlMs;
      const dueMs = Math.max(renewedMs, lease.askedUntilMs) + GRACE_MS + this.#slackMs;
      if (agenda.nowMs > dueMs)
        throw new Violation('4 (liveness)', `lease ${lease.number} should have ended before ${dueMs}`);
    }
  }

  #checkHonesty(calmSinceMs: number): void {
    const { agenda, leases } = this.#world;
    for (const lease of leases.all) {
      const tampering = leases.isRelied(lease) ? leases.tampering(lease) : null;
      if (tampering?.how !== 'entry') continue;
      if (agenda.nowMs - Math.max(tampering.atMs, calmSinceMs) > AUDIT_MS + this.#slackMs)
        throw new Violation(
          '12 (honesty)',
          `the files of lease ${lease.number} were changed by others at ${tampering.atMs}, and it is not lost`,
        );
    }
  }

  /** What becomes ready when nobody needs it any more goes at once. */
  #checkNeeded(calmSinceMs: number): void {
    const { agenda, disk } = this.#world;
    const { leases, consumers, snapshots } = disk.storage.state;
    const needed = new Set<number | null>();
    for (const { state, snapshotId } of leases.values())
      if (state === 'active' || state === 'pending') needed.add(snapshotId);
    for (const { owed } of consumers.values()) for (const { snapshotId } of owed) needed.add(snapshotId);
    this.#checkHolds(needed, calmSinceMs);
    for (const { id, state, path } of snapshots.values()) {
      if (state !== 'ready' || needed.has(id)) {
        this.#unneededMs.delete(id);
        continue;
      }
      const sinceMs = this.#unneededMs.get(id) ?? agenda.nowMs;
      this.#unneededMs.set(id, sinceMs);
      if (agenda.nowMs - Math.max(sinceMs, calmSinceMs) > GRACE_MS + this.#slackMs)
        throw new Violation('5 (reference count)', `snapshot ${path} is ready, and nobody holds it`);
    }
  }

  /** A hold outlives a snapshot that could not be built, but not for long. */
  #checkHolds(held: ReadonlySet<number | null>, calmSinceMs: number): void {
    const { agenda, disk } = this.#world;
    for (const id of held) {
      const state = id === null ? 'ready' : disk.storage.state.snapshots.get(id)?.state;
      if (id === null || state === 'ready' || state === 'building') continue;
      const sinceMs = this.#unbackedMs.get(id) ?? agenda.nowMs;
      this.#unbackedMs.set(id, sinceMs);
      if (agenda.nowMs - Math.max(sinceMs, calmSinceMs) > GRACE_MS + this.#slackMs)
        throw new Violation('5 (reference count)', `snapshot ${id} is held, and is ${state ?? 'not stored'}`);
    }
  }

  #checkRemovals(calmSinceMs: number): void {
    const { agenda, disk } = this.#world;
    for (const { id, state, path } of disk.storage.state.snapshots.values()) {
      if (state !== 'deleting') continue;
      const sinceMs = this.#deletingMs.get(id) ?? agenda.nowMs;
      this.#deletingMs.set(id, sinceMs);
      if (agenda.nowMs - Math.max(sinceMs, calmSinceMs + RETRY_MS) > REMOVAL_MS + this.#slackMs)
        throw new Violation('4 (liveness)', `snapshot ${path} is being removed since ${sinceMs}`);
    }
  }

  #checkBounds(service: Service): void {
    if (service.isIdle && service.descriptors.count > 0)
      throw new Violation(
        '15 (bounds)',
        `${service.descriptors.count} descriptors are open, and nothing is done`,
      );
    const { leases } = this.#world.disk.storage.state;
    const most = 100 + leases.size * 2;
    if (service.clock.pending > most)
      throw new Violation('15 (bounds)', `${service.clock.pending} timers are set`);
  }

  #checkStrays(): void {
    const { root, disk } = this.#world;
    const home = root.entries.get('_STEPLEASE');
    if (home?.kind !== 'directory') return;
    const known = [...disk.storage.state.snapshots.values()];
    const names = new Set(
      known.flatMap(({ id, path }) => [`.tmp-${id}`, `.trash-${id}`, path.split('/').at(-2) ?? '']),
    );
    for (const name of home.entries.keys()) {
      if (OWN_FILES.includes(name) || name.startsWith('.tmp-owner-') || names.has(name)) continue;
      throw new Violation('5 (reference count)', `${name} is on the disk, and nothing stored knows it`);
    }
  }
}
