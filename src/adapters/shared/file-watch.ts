import { stat } from 'node:fs/promises';
import type { Cancel, Clock } from '../../engine/clock.js';

const INTERVAL_MS = 1_000;

/**
 * Calls back when files were replaced, once they have stood still for one look: a certificate and its key are two files, and are not replaced in
 * one go. Polls, because mounted secrets are replaced by another symbolic link in a directory above, of which no watch on the file tells. What is
 * read after this has resolved is not older than what was seen.
 *
 * @param changed may take its time, there is no look meanwhile; it must not reject.
 */
async function watchFiles(
  paths: readonly string[],
  clock: Clock,
  changed: () => Promise<void>,
): Promise<Cancel> {
  let known = await traceOf(paths);
  let seen = known;
  let isOver = false;
  const look = async (): Promise<void> => {
    const now = await traceOf(paths);
    const isStill = now === seen;
    seen = now;
    if (isStill && now !== known && !isOver) {
      known = now;
      await changed();
    }
    if (!isOver) arm();
  };
  let cancel: Cancel = () => undefined;
  const arm = (): void => {
    cancel = clock.after(INTERVAL_MS, () => void look());
  };
  arm();
  return () => {
    isOver = true;
    cancel();
  };
}

/**
 * Gives what files hold, now and whenever they change. Content that cannot be used later is told to `refused`, and the last one that could
 * be used counts.
 *
 * @throws what `read` rejects with at the start.
 */
export async function followFiles<T>(
  paths: readonly string[],
  clock: Clock,
  {
    read,
    take,
    refused,
  }: {
    readonly read: () => Promise<T>;
    readonly take: (content: T) => void;
    readonly refused: (reason: string) => void;
  },
): Promise<Cancel> {
  const stop = await watchFiles(paths, clock, async () => {
    try {
      take(await read());
    } catch (error) {
      refused(error instanceof Error ? error.message : String(error));
    }
  });
  try {
    take(await read());
    return stop;
  } catch (error) {
    stop();
    throw error;
  }
}

/** A text that changes whenever one of the files is written, replaced, removed or made anew. */
async function traceOf(paths: readonly string[]): Promise<string> {
  const traces = await Promise.all(paths.map(traceOfOne));
  return traces.join();
}

async function traceOfOne(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return String(error);
  }
}
