import type { WaitRecordDocument, WaitSummaryDocument } from '../documents.js';
import { isoTime, seconds } from '../units.js';
import type { WaitRecord, WaitSummary } from './wait.js';

export function describeWait(wait: WaitRecord): WaitRecordDocument {
  const { run, until, startedAt, durationMs, outcome, step, source } = wait;
  return { run, until, started_at: isoTime(startedAt), duration: seconds(durationMs), outcome, step, source };
}

export function describeSummary(summary: WaitSummary): WaitSummaryDocument {
  const orNull = (ms: number | null) => (ms === null ? null : seconds(ms));
  const { count, reached, timeout, finished, cancelled, p50, p90, p99, max } = summary;
  return {
    count,
    reached,
    timeout,
    finished,
    cancelled,
    p50: orNull(p50),
    p90: orNull(p90),
    p99: orNull(p99),
    max: orNull(max),
  };
}
