import type { Scope } from './access/scope.js';
import type { SkipReason } from './consumers/consumer-event.js';
import type { RunState } from './documents.js';
import type { ErrorCode } from './errors.js';
import type { EventType } from './events/event.js';
import type { SnapshotMode } from './file-system.js';
import type { EndedState, Verdict } from './holdings/lease.js';
import type { WaitOutcome, WaitSource } from './waits/wait.js';

/**
 * Everything noteworthy that happens, by the name of the observer's method. Logs, metrics and the tests' probes are made
 * of it, and nothing else. Lease ids are capabilities and appear nowhere here: a lease is named by its number.
 */
export interface Happenings {
  readonly scanFinished: {
    readonly run: string;
    readonly durationMs: number;
    /** Directory entries listed; 0 when the listing said that nothing changed. */
    readonly entries: number;
    /** Steps that appeared, vanished or changed their state. */
    readonly changed: number;
  };
  readonly scanFailed: { readonly run: string; readonly reason: string };
  readonly runStateChanged: {
    readonly run: string;
    readonly directory: string;
    /** Null for a run that was not watched before. */
    readonly from: RunState | null;
    readonly to: RunState;
    readonly reason: string | null;
  };
  /** The filesystem gives no hints (any more): the run is polled. */
  readonly watchDegraded: { readonly run: string; readonly reason: string };
  readonly watchRecovered: { readonly run: string };
  /** Told once the event is durable. */
  readonly eventAppended: {
    readonly run: string;
    readonly sequence: number;
    readonly type: EventType;
    readonly subject: string;
  };
  readonly waitStarted: { readonly run: string; readonly until: number | null; readonly source: WaitSource };
  readonly waitEnded: {
    readonly run: string;
    readonly until: number | null;
    readonly source: WaitSource;
    readonly outcome: WaitOutcome;
    readonly step: number | null;
    readonly durationMs: number;
  };
  readonly tokenCreated: {
    readonly name: string;
    readonly scope: Scope;
    readonly runs: readonly string[];
    /** The token that made it. */
    readonly by: string;
  };
  /** The file of `--admin-token-file` changed to something that is no token: the last one counts. */
  readonly adminTokenFileRefused: { readonly reason: string };
  readonly tokenRevoked: { readonly name: string; readonly by: string };
  readonly leaseGranted: {
    readonly run: string;
    readonly number: number;
    readonly step: number;
    /** Name of the token; null: it was granted before tokens were. */
    readonly grantedTo: string | null;
    readonly holder: string | null;
    readonly ttlMs: number;
    readonly waitedMs: number;
    /** False when nothing is protected. */
    readonly snapshot: boolean;
  };
  readonly leaseRenewed: { readonly run: string; readonly number: number; readonly ttlMs: number };
  readonly leaseEnded: {
    readonly run: string;
    readonly number: number;
    readonly step: number;
    readonly state: EndedState;
    readonly reason: string | null;
  };
  readonly grantFailed: {
    readonly run: string;
    /** Null when it failed before a step was chosen. */
    readonly step: number | null;
    readonly code: ErrorCode;
    readonly detail: string;
  };
  readonly snapshotBuilt: {
    readonly run: string;
    readonly step: number;
    readonly generation: string;
    readonly mode: SnapshotMode;
    readonly durationMs: number;
    readonly files: number;
    readonly bytes: number;
  };
  /** Its files are gone. */
  readonly snapshotRemoved: {
    readonly run: string;
    readonly step: number;
    readonly generation: string;
    readonly durationMs: number;
    readonly files: number;
  };
  /** Its files cannot be removed; it is tried again. `errno` is null where no system call failed. */
  readonly snapshotStuck: {
    readonly run: string;
    readonly step: number;
    readonly generation: string;
    readonly path: string;
    readonly errno: string | null;
    readonly detail: string;
  };
  /** A consumer holds a snapshot of a step that it owes. */
  readonly stepHeld: {
    readonly run: string;
    readonly consumer: string;
    readonly step: number;
    readonly generation: string;
    readonly durationMs: number;
  };
  /** It is tried again while the step exists. */
  readonly holdFailed: {
    readonly run: string;
    readonly consumer: string;
    readonly step: number;
    readonly code: ErrorCode;
    readonly detail: string;
  };
  /** A step is never delivered to the consumer's workers. */
  readonly stepSkipped: {
    readonly run: string;
    readonly consumer: string;
    readonly step: number;
    readonly generation: string;
    readonly reason: SkipReason;
  };
  /** It was delivered as often as it may be, and never acknowledged. */
  readonly stepParked: {
    readonly run: string;
    readonly consumer: string;
    readonly step: number;
    readonly generation: string;
    readonly attempts: number;
  };
  readonly deliveryEnded: {
    readonly run: string;
    readonly consumer: string;
    readonly step: number;
    /** Of its lease. */
    readonly number: number;
    readonly attempt: number;
    /** Null: the lease ended without a word of the worker. */
    readonly verdict: Verdict | null;
  };
  /** Something that a crash left half done was rolled forward or back at start. */
  readonly reconciled: { readonly run: string; readonly subject: string; readonly action: string };
  readonly retentionPruned: {
    readonly what: 'events' | 'waits' | 'leases' | 'keys';
    readonly rows: number;
  };
  /** The certificate that is shown from now on; connections that are open keep theirs. */
  readonly certificateTaken: {
    readonly subject: string;
    readonly validTo: string;
    readonly isExpired: boolean;
  };
  /** The files of certificate and key were replaced by some that cannot be used: the last good ones are shown on. */
  readonly certificateRefused: { readonly reason: string };
  /** The storage could not do its part: nothing of it happened. */
  readonly storeCommitFailed: { readonly error: unknown };
  /** A bug, or trouble that nobody foresaw. `during` completes "while …". */
  readonly internalError: { readonly during: string; readonly error: unknown };
}

export type HappeningName = keyof Happenings;

/** Who is told. Its methods return at once and never throw: nothing that happens depends on being seen. */
export type Observer = {
  readonly [Name in HappeningName]: (happening: Happenings[Name]) => void;
};

/** The names at run time; the compiler sees to it that none is missing. */
const NAMES: Readonly<Record<HappeningName, true>> = {
  scanFinished: true,
  scanFailed: true,
  runStateChanged: true,
  watchDegraded: true,
  watchRecovered: true,
  eventAppended: true,
  waitStarted: true,
  waitEnded: true,
  tokenCreated: true,
  tokenRevoked: true,
  adminTokenFileRefused: true,
  leaseGranted: true,
  leaseRenewed: true,
  leaseEnded: true,
  grantFailed: true,
  snapshotBuilt: true,
  snapshotRemoved: true,
  snapshotStuck: true,
  stepHeld: true,
  holdFailed: true,
  stepSkipped: true,
  stepParked: true,
  deliveryEnded: true,
  reconciled: true,
  retentionPruned: true,
  certificateTaken: true,
  certificateRefused: true,
  storeCommitFailed: true,
  internalError: true,
};

type Tell = <Name extends HappeningName>(name: Name, happening: Happenings[Name]) => void;

/** An observer that passes everything on to one function, by name. */
export function observerOf(tell: Tell): Observer {
  const names = Object.keys(NAMES) as HappeningName[]; // NAMES has these keys and no others.
  // One method for each name, as the type says.
  return Object.fromEntries(names.map((name) => [name, tell.bind(null, name)])) as unknown as Observer;
}

export const silentObserver: Observer = observerOf(() => {});

/** Tells each of the observers, in order. */
export function combineObservers(...observers: readonly Observer[]): Observer {
  return observerOf((name, happening) => {
    for (const observer of observers) observer[name](happening);
  });
}
