import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, type Lease } from './client.js';
import { bytes, type Journal } from './journal.js';

export interface Evaluation {
  readonly url: string;
  readonly journal: Journal;
  /** Resolves when the trainer has deleted its own copy of the step: true; or when it has ended and left the step: false. */
  readonly deleted: (step: number) => Promise<boolean>;
}

/**
 * An evaluator: leases the next step, reads it, goes on reading after the trainer deleted it, and lets go.
 *
 * @returns the bytes that it still read, unchanged, when only the lease kept them.
 */
export async function evaluate({ url, journal, deleted }: Evaluation): Promise<number> {
  let protectedBytes = 0;
  for (let until = 0; ; ) {
    const lease = (await call(url, 'POST', '/leases', {
      until,
      timeout: 20,
      ttl: 30,
      holder: 'demo evaluator',
    })) as Lease;
    if (lease.satisfied === false) {
      journal.tell('evaluator', `no further step (${lease.reason}): done`);
      return protectedBytes;
    }
    const before = await readTree(lease.path);
    journal.tell(
      'evaluator',
      `holds lease ${lease.number} on step ${lease.step}: ${before.files} files, ${bytes(before.bytes)}`,
    );
    const isDeleted = await deleted(lease.step);
    const after = await readTree(lease.path);
    if (after.digest !== before.digest) throw new Error(`step ${lease.step} changed under its lease`);
    if (isDeleted) {
      journal.tell(
        'evaluator',
        `still reads step ${lease.step}, which the trainer deleted: every byte is the same`,
      );
      protectedBytes += after.bytes;
    }
    await call(url, 'DELETE', `/leases/${lease.id}`);
    journal.tell('evaluator', `let go of step ${lease.step}`);
    until = lease.step + 1;
  }
}

async function readTree(directory: string): Promise<{ files: number; bytes: number; digest: string }> {
  const hash = createHash('sha256');
  let files = 0;
  let size = 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.sort()) {
    const content = await readFile(path);
    hash.update(path).update(content);
    files += 1;
    size += content.length;
  }
  return { files, bytes: size, digest: hash.digest('hex') };
}
