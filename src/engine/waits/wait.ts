export type WaitOutcome = 'reached' | 'timeout' | 'finished' | 'cancelled';
export type WaitSource = 'wait' | 'lease' | 'consumer';

/** One ended wait as it is recorded. */
export interface WaitRecord {
  readonly run: string;
  readonly until: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: WaitOutcome;
  readonly step: number | null;
  readonly source: WaitSource;
}

/** Durations in milliseconds; null when nothing was recorded. */
export interface WaitSummary {
  readonly count: number;
  readonly reached: number;
  readonly timeout: number;
  readonly finished: number;
  readonly cancelled: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}
