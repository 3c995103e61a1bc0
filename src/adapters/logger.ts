import { type DestinationStream, destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export interface LoggerOptions {
  readonly level: string;
  readonly pretty: boolean;
  /** Lines go here in place of standard error; for tests. */
  readonly stream?: DestinationStream;
}

/** More than this waits for a reader of standard error that stopped reading; then lines are dropped, the server goes on. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Lease ids as they stand in URLs and messages. Who knows one holds the lease, so no line may carry it, whoever wrote the line. */
const LEASE_ID = /\bls_[A-Za-z0-9_-]+/g;

export function createLogger({ level, pretty: isPretty, stream }: LoggerOptions): Logger {
  const hooks = { streamWrite: (line: string) => line.replace(LEASE_ID, 'ls_…') };
  return pino({ level, hooks, base: null }, stream ?? standardError(isPretty));
}

function standardError(isPretty: boolean): DestinationStream {
  if (isPretty) return pretty({ destination: 2, sync: true, ignore: 'pid,hostname' });
  return destination({ fd: 2, sync: false, maxLength: MAX_BUFFERED_BYTES });
}
