import type { ConsumerMode, ConsumerStart } from './consumers/consumer-options.js';
import type { SnapshotMode } from './file-system.js';
import type { EndedState } from './holdings/lease.js';
import type { SnapshotLayout } from './holdings/snapshot.js';
import type { JsonObject } from './json.js';
import type { CommitModeOption, WatchOption } from './runs/run-options.js';
import type { StepSeparator } from './steps/name-format.js';
import type { StepState } from './steps/step.js';
import type { WaitOutcome, WaitSource } from './waits/wait.js';

/**
 * The documents of the HTTP contract, exactly as clients read them: snake_case, times RFC 3339 in UTC with milliseconds, durations
 * in seconds. The engine makes them because events carry them too, so that a step looks the same wherever it is met.
 */
export interface StepDocument {
  readonly run: string;
  readonly step: number | null;
  readonly name: string;
  readonly generation: string | null;
  readonly state: StepState;
  readonly reason: string;
  readonly path: string;
  readonly relative_path: string;
  readonly committed_at: string | null;
  readonly init_at: string | null;
  readonly items: readonly string[] | null;
  readonly metrics: JsonObject | null;
  readonly custom_metadata: JsonObject | null;
  readonly size_bytes: number | null;
  readonly file_count: number | null;
  /** How many active leases hold it. */
  readonly leases: number;
  readonly snapshot: {
    readonly path: string;
    readonly relative_path: string | null;
    readonly mode: SnapshotMode;
    readonly created_at: string;
    readonly retained_bytes: number;
  } | null;
}

export interface StepListDocument {
  readonly run: string;
  readonly cursor: string;
  readonly latest_step: number | null;
  readonly items: readonly StepDocument[];
  readonly next_page: string | null;
}

/** A list whose steps are described in their turn, as they were when it was made: thousands in one go would hold everybody up. */
export interface LazyStepList extends Omit<StepListDocument, 'items'> {
  readonly items: Iterable<StepDocument>;
}

export interface ListDocument<T> {
  readonly items: readonly T[];
  readonly next_page: string | null;
}

export type RunState = 'waiting_for_directory' | 'watching' | 'finished' | 'unavailable';

export interface RunWarning {
  readonly code: string;
  readonly detail: string;
  readonly hint: string | null;
}

export interface RunOptionsDocument {
  readonly step_name_formats: readonly {
    readonly step_prefix: string | null;
    readonly step_separator: StepSeparator;
    readonly step_format_fixed_length: number | null;
  }[];
  readonly commit_mode: CommitModeOption;
  readonly commit_marker: string;
  /** Seconds, like `poll_interval`. */
  readonly settle: number;
  readonly watch: WatchOption;
  readonly poll_interval: number;
  readonly snapshot_mode: SnapshotMode;
  readonly snapshot_layout: SnapshotLayout;
  readonly snapshot_dir: string | null;
  readonly immutable: boolean;
  readonly min_free_bytes: number | null;
  readonly max_leases_per_step: number | null;
}

export interface RunDocument {
  readonly name: string;
  readonly directory: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly warnings: readonly RunWarning[];
  readonly latest_step: number | null;
  readonly step_count: number;
  readonly cursor: string;
  readonly watch: {
    readonly mode: 'events' | 'poll';
    readonly degraded: boolean;
    readonly last_scan_at: string | null;
    readonly scans: number;
  };
  readonly leases: { readonly active: number };
  readonly snapshots: { readonly count: number; readonly retained_bytes: number };
  readonly options: RunOptionsDocument;
}

export type UnsatisfiedReason = 'timeout' | 'finished' | 'max_wait';

/** `kind` tells waits and leases apart, since some calls answer with either. */
export interface SatisfiedWaitDocument {
  readonly kind: 'wait';
  readonly run: string;
  readonly satisfied: true;
  readonly step: number;
  readonly reason: 'reached';
  readonly cursor: string;
  /** Seconds, like `timeout`. */
  readonly waited: number;
  readonly timeout: number;
  readonly item: StepDocument;
}

export interface UnsatisfiedWaitDocument {
  readonly kind: 'wait';
  readonly run: string;
  readonly satisfied: false;
  readonly step: -1;
  readonly reason: UnsatisfiedReason;
  readonly cursor: string;
  readonly waited: number;
  readonly timeout: number;
  readonly detail: string;
}

export interface UnsatisfiedNextDocument extends Omit<UnsatisfiedWaitDocument, 'reason'> {
  readonly reason: UnsatisfiedReason | 'in_flight_limit';
}

export type WaitDocument = SatisfiedWaitDocument | UnsatisfiedWaitDocument;

/** A lease as it is listed and as events carry it: without its id. */
export interface PublicLeaseDocument {
  readonly number: number;
  /** Name of the token that it was granted to. Only admins are told. */
  readonly granted_to?: string | null;
  readonly run: string;
  readonly step: number;
  readonly generation: string;
  readonly state: 'active' | EndedState;
  readonly holder: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  readonly relative_path: string | null;
  readonly source_path: string;
  readonly snapshot: boolean;
  readonly ttl: number;
  /** Null once the lease ended, like `renew_after`. */
  readonly ttl_remaining: number | null;
  readonly renew_after: number | null;
  readonly granted_at: string;
  readonly expires_at: string;
  readonly ended_at: string | null;
  readonly end_reason: string | null;
  readonly waited: number;
  /** Null for a lease that `POST /leases` gave. */
  readonly delivery: { readonly consumer: string; readonly attempt: number } | null;
}

/** A lease as its holder sees it. */
export interface LeaseDocument extends PublicLeaseDocument {
  readonly kind: 'lease';
  readonly id: string;
}

export interface ConsumerDocument {
  readonly name: string;
  readonly run: string;
  readonly mode: ConsumerMode;
  readonly start: ConsumerStart;
  readonly every_k: number;
  /** Seconds, like `ttl`. */
  readonly min_interval: number;
  readonly max_pending: number;
  readonly max_in_flight: number;
  readonly max_deliver: number;
  readonly ttl: number;
  readonly created_at: string;
  /** All before it are acknowledged. */
  readonly last_acked_step: number | null;
  /** Steps, in the order in which they will be yielded. */
  readonly pending: readonly number[];
  readonly in_flight: readonly {
    readonly step: number;
    readonly number: number;
    readonly attempt: number;
    readonly holder: string | null;
  }[];
  readonly parked: readonly {
    readonly step: number;
    readonly generation: string;
    readonly attempts: number;
    readonly parked_at: string;
  }[];
  /** How many steps would still be yielded. */
  readonly lag: number;
  readonly last_error: string | null;
}

export interface ConsumerResultDocument {
  readonly step: number;
  readonly generation: string;
  readonly acked_at: string;
  readonly attempts: number;
  readonly result: JsonObject | null;
}

export interface WaitRecordDocument {
  readonly run: string;
  readonly until: number | null;
  readonly started_at: string;
  readonly duration: number;
  readonly outcome: WaitOutcome;
  readonly step: number | null;
  readonly source: WaitSource;
}

export interface WaitSummaryDocument {
  readonly count: number;
  readonly reached: number;
  readonly timeout: number;
  readonly finished: number;
  readonly cancelled: number;
  /** Seconds; null when nothing was recorded. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** CloudEvents 1.0. `bookmark` events come on streams only and carry nothing but their cursor. */
export interface EventDocument {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data?: JsonObject;
}

export interface EventPageDocument {
  readonly items: readonly EventDocument[];
  readonly cursor: string;
  readonly more: boolean;
}
