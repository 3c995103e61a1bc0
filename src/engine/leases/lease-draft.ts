import type { Clock } from '../clock.js';
import type { Delivery, LeaseRecord } from '../holdings/lease.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { relativePath } from '../steps/step-document.js';
import type { Keyed } from './grant-keys.js';

const LEASE_ID_BYTES = 16;

/** What a caller asked for, and who it is. */
export interface GrantTerms {
  /** The name of the caller's token. */
  readonly grantedTo: string;
  readonly holder: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly ignoreSnapshotErrors: boolean;
  readonly ttlMs: number;
  readonly keyed: Keyed | null;
  /** Null: it is no delivery of a consumer. */
  readonly delivery: Delivery | null;
  readonly waitedMs: () => number;
}

/** A lease as it would be granted now. @param snapshot null: nothing is protected, and the holder reads the original. */
export function draftLease(
  clock: Clock,
  run: Pick<WatchedRun, 'name' | 'record'>,
  { name, step, generation }: { readonly name: string; readonly step: number; readonly generation: string },
  { grantedTo, holder, labels, ttlMs, delivery, waitedMs }: GrantTerms,
  snapshot: SnapshotRecord | null,
): Omit<LeaseRecord, 'number'> {
  const { directory } = run.record;
  const sourcePath = `${directory}/${name}`;
  const path = snapshot?.path ?? sourcePath;
  const now = clock.now();
  return {
    id: `ls_${base64url(clock.randomBytes(LEASE_ID_BYTES))}`,
    run: run.name,
    step,
    generation,
    snapshotId: snapshot?.id ?? null,
    state: 'active',
    grantedTo,
    holder,
    labels,
    path,
    relativePath: relativePath(directory, path),
    sourcePath,
    ttlMs,
    grantedAt: now,
    renewedAt: now,
    endedAt: null,
    endReason: null,
    waitedMs: waitedMs(),
    delivery,
    verdict: null,
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function base64url(bytes: Uint8Array): string {
  let bits = 0;
  let pending = 0;
  let text = '';
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    for (; bits >= 6; bits -= 6) text += ALPHABET[(pending >> (bits - 6)) & 63];
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (6 - bits)) & 63];
}
