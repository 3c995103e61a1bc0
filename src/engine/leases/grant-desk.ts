import type { LeaseDocument } from '../documents.js';
import type { Caller } from '../engine.js';
import { EngineError } from '../errors.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { Observer } from '../observer.js';
import type { Interrupt } from '../signals/interrupt.js';
import type { WaitStart } from '../waits/wait-recorder.js';
import type { WaitingRoom, WaitSlice } from '../waits/waiting-room.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { GrantKeys, Keyed } from './grant-keys.js';
import { describeLease } from './lease-document.js';
import { type LeaseTerms, leaseEnded } from './lease-terms.js';

interface Granted {
  readonly granted: true;
  readonly replayed: boolean;
  readonly lease: LeaseDocument;
}

/** A lease, or the document of a wait that ended without one. */
export type GrantOutcome<W> = Granted | { readonly granted: false; readonly wait: W };

export interface GrantDeskPorts<W> {
  readonly observer: Observer;
  readonly room: WaitingRoom;
  readonly terms: LeaseTerms;
  readonly keys: GrantKeys<GrantOutcome<W>>;
}

/** One request for a lease. */
export interface GrantCall<W> {
  readonly live: LiveRun;
  readonly caller: Caller;
  /** Null: the caller gave no key. */
  readonly keyed: Keyed | null;
  readonly timeoutMs: number;
  /** The step that is asked for by its number; null: another rule chooses it. */
  readonly step: number | null;
  begin(): WaitStart;
  /** Waits for a lease, and hands it over. */
  serve(slice: WaitSlice, hand: (lease: LeaseRecord) => Promise<Granted>): Promise<GrantOutcome<W>>;
}

/** What `POST /leases` and the deliveries of consumers have in common: the key, the wait, and the hand-over. */
export class GrantDesk<W> {
  readonly #ports: GrantDeskPorts<W>;

  constructor(ports: GrantDeskPorts<W>) {
    this.#ports = ports;
  }

  async answer(call: GrantCall<W>, signal: AbortSignal): Promise<GrantOutcome<W>> {
    const { keyed } = call;
    if (keyed === null) return this.#grant(call, signal);
    return this.#ports.keys.once(
      keyed,
      (first) => (first.granted ? { ...first, replayed: true } : first),
      (lease) => this.#replay(lease),
      // A keyed grant outlives its client: the retry joins it. Only the end of the token ends it.
      () => this.#grantUntil(call, call.caller.ended),
    );
  }

  async #grantUntil(call: GrantCall<W>, ended: Interrupt): Promise<GrantOutcome<W>> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    ended.listen(abort);
    try {
      return await this.#grant(call, controller.signal);
    } finally {
      ended.forget(abort);
    }
  }

  async #grant(call: GrantCall<W>, signal: AbortSignal): Promise<GrantOutcome<W>> {
    const { room, observer } = this.#ports;
    const { live, timeoutMs, caller, step } = call;
    try {
      const start = call.begin();
      return await room.admit({ live, timeoutMs, caller: caller.name, start }, signal, (slice) =>
        call.serve(slice, (lease) => this.#hand(lease, signal)),
      );
    } catch (error) {
      if (error instanceof EngineError)
        observer.grantFailed({ run: live.run.name, step, code: error.code, detail: error.message });
      throw error;
    }
  }

  /** Hands the lease to its client, or lets it go when the client is not there any more. */
  async #hand(lease: LeaseRecord, signal: AbortSignal): Promise<Granted> {
    const { terms, observer } = this.#ports;
    const { run, number, step, grantedTo, holder, ttlMs, waitedMs, snapshotId } = lease;
    observer.leaseGranted({
      run,
      number,
      step,
      grantedTo,
      holder,
      ttlMs,
      waitedMs,
      snapshot: snapshotId !== null,
    });
    if (signal.aborted)
      await terms.end(lease, 'released', 'the client hung up before it was told of the lease');
    return { granted: true, replayed: false, lease: describeLease(lease, terms.timeLeft(lease)) };
  }

  #replay(lease: LeaseRecord): Granted {
    if (lease.state !== 'active') throw leaseEnded(lease);
    const { terms } = this.#ports;
    return { granted: true, replayed: true, lease: describeLease(lease, terms.timeLeft(lease)) };
  }
}
