import type { LeaseDocument } from '../../../src/engine/documents.js';
import type { ErrorCode } from '../../../src/engine/errors.js';
import type { DirectoryNode, Inode } from '../kernel/inode.js';
import { Violation } from '../violation.js';
import { type Contents, contentsOf, differenceOf } from './contents.js';
import type { Savings } from './savings.js';
import type { Tampering, Territory } from './territory.js';

/** A lease that the service answered with. */
export interface KnownLease {
  readonly id: string;
  readonly number: number;
  readonly step: number;
  readonly generation: string;
  readonly path: string;
  readonly isProtected: boolean;
  /** What was read under the path when it was answered. */
  readonly contents: Contents | null;
  /** The published entry of the snapshot directory that the path leads into. */
  readonly home: DirectoryNode | null;
  ttlMs: number;
  /** When the service last answered a grant or a renewal. */
  acknowledgedMs: number;
  /** A renewal that was asked for may keep it until then. */
  askedUntilMs: number;
  /** Somebody was told that it ended, or asked for its end. */
  endedMs: number | null;
  /** A release was acknowledged. */
  isReleased: boolean;
  /** The service itself said how, by any way. */
  ending: string | null;
}

export interface LeaseBookPorts {
  readonly savings: Savings;
  readonly territory: Territory;
  readonly find: (path: string) => Inode | null;
  readonly now: () => number;
}

/** Longer than what the service takes for a standstill, with its own grace. */
const STANDSTILL_MS = 1_400;
/** The longest that a request is on its way. */
const NETWORK_MS = 25;

const ENDINGS: Readonly<Partial<Record<ErrorCode, string>>> = {
  lease_expired: 'expired',
  lease_released: 'released',
  lease_broken: 'broken',
  lease_lost: 'lost',
};

/** Every lease that was answered, and what its holder may rely on (invariants 1, 2, 3, 8, 10 and 12). */
export class LeaseBook {
  readonly #ports: LeaseBookPorts;
  readonly #byNumber = new Map<number, KnownLease>();
  readonly #paths = new Map<string, string>();
  readonly #retired = new Set<string>();
  /** Of the answer that came last. */
  #highestNumber = 0;

  constructor(ports: LeaseBookPorts) {
    this.#ports = ports;
  }

  get all(): readonly KnownLease[] {
    return [...this.#byNumber.values()];
  }

  get highestNumber(): number {
    return this.#highestNumber;
  }

  find(number: number): KnownLease | null {
    return this.#byNumber.get(number) ?? null;
  }

  /** @param numberedAfter the highest number that had been answered when the request was sent. */
  granted(lease: LeaseDocument, numberedAfter: number, isReplayed: boolean): KnownLease {
    const { now } = this.#ports;
    const known = this.#byNumber.get(lease.number);
    if (known !== undefined) {
      if (known.id !== lease.id) throw new Violation('8 (path uniqueness)', `two leases are ${lease.number}`);
      return known;
    }
    if (!isReplayed && lease.number <= numberedAfter)
      throw new Violation('8 (path uniqueness)', `lease ${lease.number} came after lease ${numberedAfter}`);
    const contents = lease.snapshot ? this.#read(lease) : null;
    const granted: KnownLease = {
      id: lease.id,
      number: lease.number,
      step: lease.step,
      generation: lease.generation,
      path: lease.path,
      isProtected: lease.snapshot,
      contents,
      home: this.#homeOf(lease),
      ttlMs: lease.ttl * 1000,
      acknowledgedMs: isReplayed ? Number.NEGATIVE_INFINITY : now(),
      askedUntilMs: 0,
      endedMs: null,
      isReleased: false,
      ending: null,
    };
    this.#highestNumber = Math.max(this.#highestNumber, lease.number);
    this.#byNumber.set(lease.number, granted);
    return granted;
  }

  renewed(lease: KnownLease, ttlMs: number, askedMs: number): void {
    if (lease.ending !== null)
      throw new Violation('7 (terminal states)', `lease ${lease.number} was renewed after it ended`);
    const tampering = this.tampering(lease);
    if (tampering?.how === 'entry' && tampering.atMs < askedMs)
      throw new Violation(
        '12 (honesty)',
        `lease ${lease.number} was renewed at ${askedMs} after its files were changed by others at ${tampering.atMs}`,
      );
    lease.ttlMs = ttlMs;
    lease.acknowledgedMs = this.#ports.now();
  }

  /** The service told that a lease ended. */
  ended(lease: KnownLease, state: string): void {
    const { now } = this.#ports;
    if (state === 'expired' && lease.endedMs === null) {
      const leftMs = lease.acknowledgedMs + lease.ttlMs - now();
      if (leftMs > 0)
        throw new Violation('3 (lower bound)', `lease ${lease.number} expired ${leftMs} ms before its time`);
    }
    if (state === 'lost' && lease.contents !== null && this.tampering(lease) === null)
      throw new Violation('12 (honesty)', `lease ${lease.number} is lost, but nobody touched its files`);
    if (lease.ending !== null && lease.ending !== state)
      throw new Violation(
        '7 (terminal states)',
        `lease ${lease.number} is ${state} after it was ${lease.ending}`,
      );
    lease.ending = state;
    lease.endedMs ??= now();
  }

  /** A renewal, or another request, was refused. */
  refused(lease: KnownLease, code: ErrorCode, askedMs: number): void {
    const state = ENDINGS[code];
    const endMs = lease.acknowledgedMs + lease.ttlMs;
    // After a long standstill what waits in the sockets comes before what expires.
    const hasWaited = this.#ports.now() > endMs + STANDSTILL_MS && askedMs + NETWORK_MS < endMs;
    if (state === 'expired' && hasWaited && lease.endedMs !== null && lease.endedMs > endMs + STANDSTILL_MS)
      throw new Violation('3 (lower bound)', `lease ${lease.number} expired while its renewal was waiting`);
    if (state !== undefined) this.ended(lease, state);
    else if (code === 'lease_not_found')
      throw new Violation('6 (durable acknowledgement)', `lease ${lease.number} is not found any more`);
  }

  released(lease: KnownLease): void {
    this.letGo(lease);
    lease.isReleased = true;
    // Nobody else has it any more: what comes later gets a path of its own.
    if (this.#ports.find(lease.path) === null) this.#retired.add(lease.path);
  }

  /** Its holder relies on it no longer. */
  letGo(lease: KnownLease): void {
    lease.endedMs ??= this.#ports.now();
  }

  isRelied(lease: KnownLease): boolean {
    return lease.endedMs === null && this.#ports.now() < lease.acknowledgedMs + lease.ttlMs;
  }

  /** Invariant 1: what is read under the path of every lease is what it was. */
  check(): void {
    for (const lease of this.#byNumber.values()) {
      if (lease.contents === null || !this.isRelied(lease)) continue;
      const there = this.#ports.find(lease.path);
      const difference =
        there?.kind === 'directory' ? differenceOf(lease.contents, contentsOf(there)) : 'the path is gone';
      if (difference !== null && this.tampering(lease) === null)
        throw new Violation('1 (bytes)', `lease ${lease.number}, ${lease.path}: ${difference}`);
    }
  }

  tampering(lease: KnownLease): Tampering | null {
    return lease.home === null ? null : this.#ports.territory.tampering(lease.home);
  }

  #homeOf({ snapshot, path }: LeaseDocument): DirectoryNode | null {
    const there = snapshot ? this.#ports.find(path) : null;
    return there?.kind === 'directory' ? this.#ports.territory.snapshotOf(there) : null;
  }

  /** Invariants 2, 8 and 10: one generation, complete, nothing else. */
  #read(lease: LeaseDocument): Contents | null {
    const { find, savings, territory } = this.#ports;
    const { number, path, generation, source_path: source } = lease;
    // Layout `orbax` uses a path again on purpose.
    const isUnique = path.includes('/_STEPLEASE/');
    const owner = (isUnique ? this.#paths.get(path) : null) ?? generation;
    if (owner !== generation)
      throw new Violation('8 (path uniqueness)', `${path} was ${owner} and is ${generation} now`);
    if (isUnique && this.#retired.has(path))
      throw new Violation('8 (path uniqueness)', `${path} was gone, and is used again`);
    this.#paths.set(path, generation);
    const there = find(path);
    // Others removed it: the holder hears of that no later than at the next renewal or audit.
    if (there?.kind !== 'directory' && territory.wasRemoved(path)) return null;
    if (there?.kind !== 'directory')
      throw new Violation('1 (bytes)', `lease ${number} was granted, and nothing is at ${path}`);
    const contents = contentsOf(there);
    const objection = savings.objection(source.slice(source.lastIndexOf('/') + 1), contents);
    const home = territory.snapshotOf(there);
    if (objection !== null && (home === null || territory.tampering(home) === null))
      throw new Violation('2 (completeness)', `lease ${number} of ${source}, ${generation}: ${objection}`);
    return contents;
  }
}
