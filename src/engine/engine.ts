import type { Principal } from './access/principal.js';
import type { ConsumerSettings, ConsumerStart } from './consumers/consumer-options.js';
import type {
  ConsumerDocument,
  ConsumerResultDocument,
  EventDocument,
  EventPageDocument,
  LazyStepList,
  LeaseDocument,
  ListDocument,
  PublicLeaseDocument,
  RunDocument,
  StepDocument,
  UnsatisfiedNextDocument,
  UnsatisfiedWaitDocument,
  WaitDocument,
  WaitRecordDocument,
  WaitSummaryDocument,
} from './documents.js';
import type { EventType } from './events/event.js';
import type { LeaseState } from './holdings/lease.js';
import type { JsonObject } from './json.js';
import type { JsonBytes } from './restore/json-bytes.js';
import type { RunOptions } from './runs/run-options.js';
import type { Interrupt } from './signals/interrupt.js';
import type { StepState } from './steps/step.js';

/** The engine, and what its owner does with it. Callers use the view that `as` gives them. */
export interface Engine {
  /** The engine as a principal sees it: runs outside its globs do not exist there. The same view for the same principal. */
  as(principal: Principal): EngineView;
  /** Whether every run had its first scan, and what is missing otherwise. */
  readiness(): Readiness;
  /** From now on waits, grants and long-polls end with `shutting_down`, and so do the ones under way. */
  drain(): void;
  /** Ends scans, timers and worker threads. Leases stay for the next start. */
  close(): Promise<void>;
}

/** What routes call: one method per thing that a client can ask for. Every method rejects with an `EngineError` and nothing else. */
export interface EngineView {
  readonly runs: Runs;
  readonly steps: Steps;
  readonly waits: Waits;
  readonly leases: Leases;
  readonly consumers: Consumers;
  readonly events: Events;
  readonly restore: Restore;
  readonly snapshots: Snapshots;
}

export interface Readiness {
  readonly ready: boolean;
  /** Sentences, such as "the first scan of a run is under way". They name no run, since everybody may read them. */
  readonly pending: readonly string[];
}

export interface RunListQuery extends PageQuery {
  /** Only the run of this directory. */
  readonly directory: string | null;
}

export interface Runs {
  /** By name. */
  list(query: RunListQuery): Promise<ListDocument<RunDocument>>;
  get(name: string): Promise<RunDocument>;
  /** Creates or changes a run; answers after its first scan. Options left out get their defaults. */
  put(
    name: string,
    directory: string,
    options: Partial<RunOptions>,
  ): Promise<{ readonly created: boolean; readonly run: RunDocument }>;
  remove(name: string, force: boolean): Promise<void>;
  finish(name: string, reason: string | null): Promise<RunDocument>;
  reopen(name: string): Promise<RunDocument>;
  /** The run that a request means: the one that it names, else `default`, else the only one (`run_required` otherwise). */
  resolve(name: string | null): string;
}

export interface StepListQuery {
  readonly min: number | null;
  readonly max: number | null;
  readonly order: 'asc' | 'desc';
  readonly state: StepState | 'all';
  readonly limit: number;
  readonly page: string | null;
}

export interface Steps {
  list(run: string, query: StepListQuery): Promise<LazyStepList>;
  /** Changes whenever an answer of `list` could: the ground for ETags and caches. */
  version(run: string): Promise<string>;
  get(run: string, step: number | 'latest'): Promise<StepDocument>;
}

export interface WaitRequest {
  readonly until: number | null;
  /** Milliseconds; null: the default, 30 s. */
  readonly timeoutMs: number | null;
  /** A cursor. */
  readonly after: string | null;
  readonly waitId: string | null;
}

export interface PageQuery {
  readonly limit: number;
  readonly page: string | null;
}

export interface Waits {
  /** Resolves when the wait ends; `signal` aborts when the client hangs up. */
  wait(run: string, request: WaitRequest, signal: AbortSignal): Promise<WaitDocument>;
  list(run: string | null, query: PageQuery): Promise<ListDocument<WaitRecordDocument>>;
  summary(run: string | null): Promise<WaitSummaryDocument>;
}

export interface GrantRequest {
  /** At most one of `step` and `until`. */
  readonly step: number | 'latest' | null;
  readonly until: number | null;
  readonly timeoutMs: number | null;
  /** Milliseconds; null: the default, 60 s. */
  readonly ttlMs: number | null;
  readonly holder: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly ignoreSnapshotErrors: boolean;
  readonly waitId: string | null;
}

/** Who asks, so that an idempotency key of one caller means nothing for another. */
export interface Caller {
  readonly name: string;
  readonly idempotencyKey: string | null;
  /** Raised when the caller's token ends: what outlives the client ends then. */
  readonly ended: Interrupt;
}

export type GrantResult =
  /** `replayed`: the idempotency key gave a lease granted before. */
  | { readonly granted: true; readonly replayed: boolean; readonly lease: LeaseDocument }
  | { readonly granted: false; readonly wait: UnsatisfiedWaitDocument };

export interface LeaseListQuery extends PageQuery {
  readonly run: string | null;
  readonly state: LeaseState | 'all';
  readonly step: number | null;
}

export interface Leases {
  grant(run: string, request: GrantRequest, caller: Caller, signal: AbortSignal): Promise<GrantResult>;
  get(id: string): Promise<LeaseDocument>;
  /** `ttlMs` null keeps the TTL. */
  renew(id: string, ttlMs: number | null): Promise<LeaseDocument>;
  release(id: string): Promise<void>;
  list(query: LeaseListQuery): Promise<ListDocument<PublicLeaseDocument>>;
  breakLease(number: number, reason: string | null): Promise<PublicLeaseDocument>;
}

export interface NextRequest {
  /** Milliseconds; null: the default, 30 s. */
  readonly timeoutMs: number | null;
  /** Milliseconds; null: the consumer's. */
  readonly ttlMs: number | null;
  readonly holder: string | null;
}

export type NextResult =
  | { readonly granted: true; readonly replayed: boolean; readonly lease: LeaseDocument }
  | { readonly granted: false; readonly wait: UnsatisfiedNextDocument };

export interface Consumers {
  /** Creates or changes a consumer; answers after the first holds that this causes. Without `start` it keeps its own, or begins with the latest. */
  put(
    run: string,
    name: string,
    settings: Omit<ConsumerSettings, 'start'> & { readonly start: ConsumerStart | null },
  ): Promise<{ readonly created: boolean; readonly consumer: ConsumerDocument }>;
  /** By name. */
  list(run: string, query: PageQuery): Promise<ListDocument<ConsumerDocument>>;
  get(run: string, name: string): Promise<ConsumerDocument>;
  remove(run: string, name: string): Promise<void>;
  /** In the order of the acknowledgements. */
  results(run: string, name: string, query: PageQuery): Promise<ListDocument<ConsumerResultDocument>>;
  /** Waits for the next step that the consumer yields, and leases it. */
  next(
    run: string,
    name: string,
    request: NextRequest,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<NextResult>;
  ack(leaseId: string, result: JsonObject | null): Promise<LeaseDocument>;
  nack(leaseId: string, delayMs: number): Promise<LeaseDocument>;
}

export interface EventPageRequest {
  readonly run: string | null;
  readonly types: readonly EventType[] | null;
  /** A cursor; null: from the oldest event kept. */
  readonly after: string | null;
  readonly limit: number;
  /** Milliseconds to wait for the first event when there is none yet. */
  readonly timeoutMs: number;
}

export interface SubscribeRequest {
  readonly run: string | null;
  readonly types: readonly EventType[] | null;
  /** A cursor; null: from now on. */
  readonly after: string | null;
}

/**
 * A stream of events from one position on, bookmarks included. `next` gives what is there, waiting for at least one; null ends the
 * stream (shutdown, or `close`). Nothing is read ahead of the consumer beyond one bounded batch: the log is the buffer.
 */
export interface Subscription {
  next(): Promise<readonly EventDocument[] | null>;
  close(): void;
}

export interface Events {
  page(request: EventPageRequest, signal: AbortSignal): Promise<EventPageDocument>;
  /** Rejects with `cursor_expired` before anything is sent. */
  subscribe(request: SubscribeRequest): Promise<Subscription>;
}

export interface Snapshots {
  /** Tries again to remove a snapshot that could not be removed; resolves when it is gone. */
  retry(number: number): Promise<void>;
}

export interface RestoreArgsQuery {
  /** Null with a lease, which is of one run. */
  readonly run: string | null;
  /** Null: the latest, or with a lease its own. */
  readonly step: number | 'latest' | null;
  /** A lease's id: its snapshot is read. */
  readonly lease: string | null;
  readonly item: string | null;
  readonly setGlobalShape: boolean;
  readonly strict: boolean;
}

export interface Restore {
  /** What Orbax's `construct_restore_args(metadata)` gives for a checkpoint. */
  args(query: RestoreArgsQuery): Promise<JsonBytes>;
  /** What it gives for a target tree; `body` is JSON as it was sent. */
  construct(body: Uint8Array): Promise<JsonBytes>;
  /** Whether a checkpoint is whole. */
  verify(run: string, step: number | 'latest'): Promise<JsonBytes>;
}
