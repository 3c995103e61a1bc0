import type {
  BuildPlan,
  BuildResult,
  FileSystem,
  Inspection,
  InspectRequest,
  Listing,
  SnapshotFiles,
} from '../../engine/file-system.js';
import { splitNames } from './protocol.js';
import { watchDirectory } from './watch-directory.js';
import { WorkerClient } from './worker-client.js';

export interface FileSystemOptions {
  /** How long `close` waits for calls under way, in milliseconds. */
  readonly closeGraceMs?: number;
}

/** So many answers are taken from one message: unpacking them stays a matter of a few milliseconds. */
const INSPECT_BATCH = 100;

/**
 * Three threads, so that nothing waits for what is slower by nature: `scan` looks at the trainers' directories, `link` does what
 * grants and releases wait for, and `copy`, which starts when first needed, moves bytes for minutes.
 */
export function openFileSystem({ closeGraceMs = 2000 }: FileSystemOptions = {}): FileSystem {
  const scan = new WorkerClient('scan');
  const link = new WorkerClient('link');
  const copy = new WorkerClient('copy');
  scan.warm();
  link.warm();
  return {
    locate: (directory) => scan.call('locate', directory),
    list: (directory, previous) => list(scan, directory, previous),
    inspect: (directory, requests) => inspect(scan, directory, requests),
    watch: watchDirectory,
    space: (directory) => scan.call('space', directory),
    snapshots: snapshotFiles(scan, link, copy),
    close: async () => {
      await Promise.all([scan, link, copy].map((client) => client.close(closeGraceMs)));
    },
  };
}

async function list(scan: WorkerClient, directory: string, previous: string | null): Promise<Listing> {
  const message = await scan.call('list', directory, previous);
  if (message.outcome !== 'listed') return message;
  return {
    ...message,
    directories: splitNames(message.directories),
    symbolicLinks: splitNames(message.symbolicLinks),
    others: splitNames(message.others),
  };
}

/** One batch ahead: the thread is never idle between two, and other calls get their turn after every one. */
async function inspect(
  scan: WorkerClient,
  directory: string,
  requests: readonly InspectRequest[],
): Promise<readonly Inspection[]> {
  const batch = (start: number) =>
    scan.call('inspect', directory, requests.slice(start, start + INSPECT_BATCH));
  const inspections: Inspection[] = [];
  let ahead = requests.length === 0 ? null : batch(0);
  for (let start = INSPECT_BATCH; ahead !== null; start += INSPECT_BATCH) {
    const current = ahead;
    ahead = start < requests.length ? batch(start) : null;
    // The one ahead may fail first, with the thread: it is awaited in the next turn, or not at all.
    ahead?.catch(() => undefined);
    inspections.push(...(await current));
  }
  return inspections;
}

function snapshotFiles(scan: WorkerClient, link: WorkerClient, copy: WorkerClient): SnapshotFiles {
  return {
    claim: (directory, owner) => link.call('claim', directory, owner),
    owner: (directory) => link.call('owner', directory),
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
