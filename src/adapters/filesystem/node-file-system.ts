import type { Clock } from '../../engine/clock.js';
import type {
  BuildPlan,
  BuildResult,
  FileSystem,
  Listing,
  MarkOrigin,
  SnapshotFiles,
} from '../../engine/file-system.js';
import type { Inspection, InspectRequest } from '../../engine/inspection.js';
import { splitNames } from './protocol.js';
import { watchDirectory } from './watch-directory.js';
import { type FileThread, WorkerClient } from './worker-client.js';

export interface FileSystemOptions {
  readonly clock: Clock;
  /** Written into the marks of snapshot directories, so that whoever finds one knows whose it is. */
  readonly origin?: MarkOrigin;
  /** How long `close` waits for calls under way, in milliseconds. */
  readonly closeGraceMs?: number;
  /** Hints by the operating system if left out. */
  readonly watch?: FileSystem['watch'];
  /** Gives the thread of a name; a new one that belongs to this filesystem alone if left out. */
  readonly thread?: (label: string) => FileThread;
}

/** So many answers are taken from one message: unpacking them stays a matter of a few milliseconds. */
const INSPECT_BATCH = 64;
/** From so many batches on the helper takes part. */
const SHARED_BATCHES = 16;

/**
 * Nothing waits for what is slower by nature: the thread `scan` looks at the trainers' directories, `link` does what grants and
 * releases wait for, and `copy`, which starts when first needed, moves bytes for minutes.
 */
export function openFileSystem(options: FileSystemOptions): FileSystem {
  const {
    clock,
    closeGraceMs = 2000,
    watch = watchDirectory,
    thread = (label) => new WorkerClient(label, clock),
  } = options;
  const scan = thread('scan');
  const helper = thread('scan-helper');
  const link = thread('link');
  const copy = thread('copy');
  scan.warm();
  link.warm();
  return {
    locate: (directory) => scan.call('locate', directory),
    list: (directory, previous) => list(scan, directory, previous),
    inspect: (directory, requests) => inspect(scan, helper, directory, requests),
    watch,
    space: (directory) => scan.call('space', directory),
    snapshots: snapshotFiles(scan, link, copy, options.origin ?? null),
    close: async () => {
      await Promise.all([scan, helper, link, copy].map((client) => client.close(closeGraceMs)));
    },
  };
}

async function list(scan: FileThread, directory: string, previous: string | null): Promise<Listing> {
  const message = await scan.call('list', directory, previous);
  if (message.outcome !== 'listed') return message;
  return {
    ...message,
    directories: splitNames(message.directories),
    symbolicLinks: splitNames(message.symbolicLinks),
    others: splitNames(message.others),
    numberedFiles: splitNames(message.numberedFiles),
  };
}

/**
 * Every thread has one batch to work on and one waiting: it is never idle between two, and other calls get their turn after each.
 * A first scan of thousands of steps is shared with a thread that only that starts.
 */
async function inspect(
  scan: FileThread,
  helper: FileThread,
  directory: string,
  requests: readonly InspectRequest[],
): Promise<readonly Inspection[]> {
  const batches = Math.ceil(requests.length / INSPECT_BATCH);
  const inspections: Inspection[][] = [];
  let next = 0;
  const drain = async (thread: FileThread): Promise<void> => {
    for (let batch = next++; batch < batches; batch = next++) {
      const start = batch * INSPECT_BATCH;
      inspections[batch] = await thread.call(
        'inspect',
        directory,
        requests.slice(start, start + INSPECT_BATCH),
      );
    }
  };
  const threads = batches < SHARED_BATCHES ? [scan, scan] : [scan, helper, scan, helper];
  await Promise.all(threads.map(drain));
  return inspections.flat();
}

function snapshotFiles(
  scan: FileThread,
  link: FileThread,
  copy: FileThread,
  origin: MarkOrigin | null,
): SnapshotFiles {
  return {
    claim: (directory, owner) => link.call('claim', directory, owner, origin),
    owner: (directory) => link.call('owner', directory),
    mark: (directory) => link.call('mark', directory),
    takeOver: (directory, from, to) => link.call('takeOver', directory, from, to, origin),
    build: (plan: BuildPlan): Promise<BuildResult> =>
      (plan.mode === 'copy' ? copy : link).call('build', plan),
    retire: (plan) => link.call('retire', plan),
    erase: (snapshotDirectory, name) => link.call('erase', snapshotDirectory, name),
    audit: (path, inventory) => link.call('audit', path, inventory),
    inventory: (path) => link.call('inventory', path),
    entries: async (snapshotDirectory) => splitNames(await link.call('entries', snapshotDirectory)),
    occupied: (path) => link.call('occupied', path),
    linkability: (step, inventory, snapshotDirectory) =>
      scan.call('linkability', step, inventory, snapshotDirectory),
  };
}
