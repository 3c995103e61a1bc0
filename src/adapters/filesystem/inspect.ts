import type { Inspection, InspectRequest, StepContent, Vanished } from '../../engine/file-system.js';
import { DirectoryHandle, entryName, withHandle } from './directory-handle.js';
import { errnoOf, isMissing, isNotDirectory, sentenceOf } from './errno.js';
import { findVanished } from './find-vanished.js';
import { identityOf } from './identity.js';
import { kindOf, type Os } from './os.js';
import { Slices } from './slices.js';
import { readMetrics } from './step-metadata.js';
import { takeInventory } from './take-inventory.js';
import { readTopLevel } from './top-level.js';

/** How often a step is looked at again because another one took its name meanwhile. */
const ATTEMPTS = 3;

/** In the order of the requests; one entry that cannot be read fails none of the others. */
export async function inspect(
  os: Os,
  directory: string,
  requests: readonly InspectRequest[],
): Promise<Inspection[]> {
  let root: DirectoryHandle;
  try {
    root = DirectoryHandle.follow(os, 'inspect', directory);
  } catch (error) {
    // Not "gone": the root may be back in a moment, with every step in it.
    return requests.map(({ name }) => unreadable(name, error));
  }
  return withHandle(root, async () => {
    const slices = new Slices();
    const inspections: Inspection[] = [];
    for (const request of requests) {
      if (slices.due()) await slices.rest();
      const glance = request.depth === 'look' && request.known === null;
      inspections.push(glance ? lookAtEntry(os, root, request.name) : await inspectEntry(os, root, request));
    }
    return inspections;
  });
}

/** Ten thousand of these are the first scan of a root: nothing is asked of the system twice. */
function lookAtEntry(os: Os, root: DirectoryHandle, name: string): Inspection {
  try {
    const step = root.child('inspect', entryName(name));
    try {
      const top = readTopLevel(os, step);
      if (top.stats.nlink === 0n) return { name, outcome: 'gone' };
      const content = { ...top.content, metrics: null, inventory: null };
      return { name, outcome: 'present', identity: identityOf(top.stats), vanished: null, content };
    } finally {
      step.close();
    }
  } catch (error) {
    return explain(os, root, name, error);
  }
}

async function inspectEntry(os: Os, root: DirectoryHandle, request: InspectRequest): Promise<Inspection> {
  const { name } = request;
  try {
    entryName(name);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const step = root.child('inspect', name);
      const inspection = await withHandle(step, () => inspectOpen(os, root, step, request));
      if (inspection !== null) return inspection;
    }
    return { name, outcome: 'gone' };
  } catch (error) {
    return explain(os, root, name, error);
  }
}

/** Null when the name leads to another directory by the end. */
async function inspectOpen(
  os: Os,
  root: DirectoryHandle,
  step: DirectoryHandle,
  { name, depth, known }: InspectRequest,
): Promise<Inspection | null> {
  const { stats, content: top } = readTopLevel(os, step);
  const vanished: Vanished | null = known === null ? null : await findVanished(os, step, known);
  let content: StepContent | null = null;
  if (depth === 'look') content = { ...top, metrics: null, inventory: null };
  if (depth === 'inventory')
    content = { ...top, metrics: readMetrics(os, step), ...(await takeInventory(os, step)) };
  // What the handle showed of a directory that was renamed or removed meanwhile is not what stands under the name: a removed one
  // would seem empty.
  if (os.lstat('inspect', root.at(name)).ino !== stats.ino) return null;
  return { name, outcome: 'present', identity: identityOf(stats), vanished, content };
}

function explain(os: Os, root: DirectoryHandle, name: string, error: unknown): Inspection {
  const errno = errnoOf(error);
  if (errno === 'ENOENT') return { name, outcome: 'gone' };
  if (!isNotDirectory(errno)) return unreadable(name, error);
  try {
    const stats = os.lstat('inspect', root.at(name));
    // It was none when it was opened: somebody is at work there, and the next look will tell.
    if (stats.isDirectory()) return unreadable(name, error);
    return { name, outcome: 'irregular', kind: kindOf(stats) };
  } catch (failure) {
    return isMissing(errnoOf(failure)) ? { name, outcome: 'gone' } : unreadable(name, failure);
  }
}

function unreadable(name: string, error: unknown): Inspection {
  return {
    name,
    outcome: 'unreadable',
    errno: errnoOf(error),
    detail: `${JSON.stringify(name)} cannot be read: ${sentenceOf(error)}.`,
  };
}
