import type { Principal } from '../access/principal.js';
import type { RunGlobs } from '../access/run-globs.js';
import type {
  LeaseDocument,
  ListDocument,
  PublicLeaseDocument,
  UnsatisfiedWaitDocument,
} from '../documents.js';
import type { Caller, GrantRequest, GrantResult, LeaseListQuery } from '../engine.js';
import { EngineError } from '../errors.js';
import type { LeaseRecord } from '../holdings/lease.js';
import { pageOf, parsePage } from '../pages.js';
import { isObstruction, StepVanished } from '../snapshots/snapshot-failure.js';
import type { Store } from '../store.js';
import type { Condition } from '../waits/condition.js';
import type { WaitRecorder } from '../waits/wait-recorder.js';
import { DEFAULT_TIMEOUT_MS, type WaitEnd, type WaitingRoom, type WaitSlice } from '../waits/waiting-room.js';
import { runUnavailable, stepNotFound } from '../watch/run-errors.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { GrantDesk } from './grant-desk.js';
import { keyedBy } from './grant-keys.js';
import type { GrantProtocol } from './grant-protocol.js';
import { describeLease, describePublicLease, toldTo } from './lease-document.js';
import type { GrantTerms } from './lease-draft.js';
import type { LeaseLife } from './lease-life.js';
import type { LeaseTerms } from './lease-terms.js';
import { checkTtl, DEFAULT_TTL_MS } from './ttl.js';

export interface LessorPorts {
  readonly store: Store;
  readonly room: WaitingRoom;
  readonly recorder: WaitRecorder;
  readonly protocol: GrantProtocol;
  readonly terms: LeaseTerms;
  readonly desk: GrantDesk<UnsatisfiedWaitDocument>;
  readonly maxTtlMs: number;
  readonly life: LeaseLife;
}

/** Waits for a step and leases it; shows, renews, releases and breaks leases. */
export class Lessor {
  readonly #ports: LessorPorts;

  constructor(ports: LessorPorts) {
    this.#ports = ports;
  }

  async grant(
    live: LiveRun,
    request: GrantRequest,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<GrantResult> {
    const ttlMs = this.#ports.life.within(checkTtl(request.ttlMs ?? DEFAULT_TTL_MS, this.#ports.maxTtlMs));
    if (request.step !== null && request.until !== null) {
      throw new EngineError(
        'invalid_request',
        '"step" and "until" exclude each other: a lease is for a step or for the first one that is high enough',
      );
    }
    const { step, until, holder, labels, ignoreSnapshotErrors } = request;
    const keyed = keyedBy(live.run.name, caller, { step, until });
    const grantedTo = caller.name;
    const asked = { grantedTo, holder, labels, ignoreSnapshotErrors, ttlMs, keyed, delivery: null };
    const { desk, recorder } = this.#ports;
    return desk.answer(
      {
        live,
        caller,
        keyed,
        timeoutMs: request.timeoutMs ?? (step === null ? DEFAULT_TIMEOUT_MS : 0),
        step: typeof step === 'number' ? step : null,
        begin: () => recorder.begin(live.run.name, until, 'lease', request.waitId),
        serve: (slice, hand) => this.#serve(slice, request, asked, hand),
      },
      signal,
    );
  }

  async get(id: string, reader: Principal): Promise<LeaseDocument> {
    const record = await this.#ports.terms.find(id, reader.runs);
    return toldTo(reader, record, describeLease(record, this.#ports.terms.timeLeft(record)));
  }

  async renew(id: string, ttlMs: number | null, sight: RunGlobs): Promise<LeaseDocument> {
    const record = await this.#ports.terms.renew(
      id,
      ttlMs === null ? null : checkTtl(ttlMs, this.#ports.maxTtlMs),
      sight,
    );
    return describeLease(record, this.#ports.terms.timeLeft(record));
  }

  release(id: string, sight: RunGlobs): Promise<void> {
    return this.#ports.terms.release(id, sight);
  }

  async list(query: LeaseListQuery, reader: Principal): Promise<ListDocument<PublicLeaseDocument>> {
    const after = parsePage(query.page);
    const { run, step, limit } = query;
    const state = query.state === 'all' ? null : query.state;
    const records = await this.#ports.store.leases.list({
      runs: reader.runs.within(run),
      state,
      step,
      after,
      limit: limit + 1,
    });
    return pageOf(
      records,
      limit,
      (record) => toldTo(reader, record, describePublicLease(record, this.#ports.terms.timeLeft(record))),
      (record) => record.number,
    );
  }

  async breakLease(number: number, reason: string | null, sight: RunGlobs): Promise<PublicLeaseDocument> {
    const record = await this.#ports.store.leases.byNumber(number);
    if (record === null || record.state === 'pending' || !sight.sees(record.run)) {
      throw new EngineError('lease_not_found', `there is no lease with number ${number}`, {
        hint: 'GET /leases lists the active ones',
      });
    }
    const ended = record.state === 'active' ? await this.#ports.terms.end(record, 'broken', reason) : record;
    return describePublicLease(ended ?? (await this.#ports.store.leases.byNumber(number)) ?? record, null);
  }

  async #serve(
    slice: WaitSlice,
    request: GrantRequest,
    asked: Omit<GrantTerms, 'waitedMs'>,
    hand: (lease: LeaseRecord) => Promise<GrantResult>,
  ): Promise<GrantResult> {
    const { live, scope } = slice;
    const gone = new Set<string>();
    const exactly = typeof request.step === 'number' ? request.step : null;
    const condition: Condition = { until: request.until, exactly, after: null, except: gone };
    const terms = { ...asked, waitedMs: () => scope.waitedMs };
    for (;;) {
      const end = await this.#ports.room.seek(slice, condition);
      if (end.kind !== 'step') return this.#withoutStep(slice, request, end, condition);
      const since = live.run.position;
      try {
        const lease = await this.#ports.protocol.grant(live, end.tracked, terms);
        if (this.#waits(request)) this.#ports.room.record(slice, end);
        return await hand(lease);
      } catch (error) {
        if (error instanceof StepVanished) {
          // The index learns of it before the next look. What was changed in place may come back as a new generation, what was deleted will not.
          await live.watcher.recheck(end.tracked.entry.name);
          if (exactly !== null && (error.whole || error.how === 'missing')) throw stepGone(error);
          const { generation } = end.tracked.entry;
          if (generation !== null) gone.add(generation);
        } else if (!isObstruction(error) || request.step !== null) throw error;
        else if (!(await this.#ports.room.mayTryAgain(slice, since)))
          return this.#withoutSnapshot(slice, condition, error);
      }
    }
  }

  /** There is a step, but what kept its snapshot back did not end: for a wait that is one more way to end without a step. */
  #withoutSnapshot(slice: WaitSlice, condition: Condition, error: EngineError): GrantResult {
    const { room } = this.#ports;
    const end = room.late(slice);
    room.record(slice, end);
    const wait = room.unsatisfied(slice, end, condition);
    return { granted: false, wait: { ...wait, detail: `${error.message}; ${wait.detail}` } };
  }

  async #withoutStep(
    slice: WaitSlice,
    request: GrantRequest,
    end: Exclude<WaitEnd, { kind: 'step' }>,
    condition: Condition,
  ): Promise<GrantResult> {
    const { run } = slice.live;
    if (request.step === null) {
      this.#ports.room.record(slice, end);
      return { granted: false, wait: this.#ports.room.unsatisfied(slice, end, condition) };
    }
    if (run.availability === 'unavailable') throw runUnavailable(slice.live);
    if (this.#waits(request)) this.#ports.room.record(slice, end);
    throw stepNotFound(slice.live, request.step);
  }

  /** A request that takes what is there at once is no wait, and is not recorded as one. */
  #waits(request: GrantRequest): boolean {
    return request.step === null || (request.timeoutMs ?? 0) > 0;
  }
}

function stepGone(error: StepVanished): EngineError {
  return new EngineError('step_gone', `${error.message}: it was deleted while it was being snapshotted`, {
    hint: 'lease a newer step, or "latest"',
  });
}
