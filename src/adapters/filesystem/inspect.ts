import type { Change, Inspection, InspectRequest } from '../../engine/inspection.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import { payloadOf } from '../../engine/steps/payload.js';
import { DirectoryHandle, entryName, withHandle } from './directory-handle.js';
import { errnoOf, isMissing, isNotDirectory, sentenceOf } from './errno.js';
import { findChange } from './find-change.js';
import { findLost } from './find-lost.js';
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
    const slices = new Slices(os.time);
    const inspections: Inspection[] = [];
    for (const request of requests) {
      if (slices.due()) await slices.rest();
      if (request.depth === 'sight') inspections.push(sight(os, root, request.name));
      else if (request.depth === 'look') inspections.push(lookAtEntry(os, root, request));
      else inspections.push(await inspectEntry(os, root, request));
    }
    return inspections;
  });
}

/** Whether the name leads to a directory, and to which. */
function sight(os: Os, root: DirectoryHandle, name: string): Inspection {
  try {
    const stats = os.lstat('sight', root.at(entryName(name)));
    if (!stats.isDirectory()) return { name, outcome: 'irregular', kind: kindOf(stats) };
    return { name, outcome: 'present', identity: identityOf(stats), change: null, lost: null, content: null };
  } catch (error) {
    return isMissing(errnoOf(error)) ? { name, outcome: 'gone' } : unreadable(name, error);
  }
}

/** Ten thousand of these are the first scan of a root: nothing is asked of the system twice. */
function lookAtEntry(os: Os, root: DirectoryHandle, { name, commitMarker }: InspectRequest): Inspection {
  try {
    const step = root.child('inspect', entryName(name));
    try {
      const { stats, content } = readTopLevel(os, step, commitMarker);
      if (stats.nlink === 0n) return { name, outcome: 'gone' };
      return {
        name,
        outcome: 'present',
        identity: identityOf(stats),
        change: null,
        lost: null,
        content: { ...content, metrics: null, inventory: null },
      };
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
  request: InspectRequest,
): Promise<Inspection | null> {
  const { name } = request;
  const { identity, ...found } = await (request.depth === 'inventory'
    ? takeStock(os, step, request)
    : audit(os, step, request));
  // What the handle showed of a directory that was renamed or removed meanwhile is not what stands under the name: a removed one
  // would seem empty.
  if (identityOf(os.lstat('inspect', root.at(name))).saving !== identity.saving) return null;
  return { name, outcome: 'present', identity, ...found };
}

type Found = Omit<Extract<Inspection, { outcome: 'present' }>, 'name' | 'outcome'>;

async function audit(
  os: Os,
  step: DirectoryHandle,
  { known, depth, commitMarker }: InspectRequest,
): Promise<Found> {
  const identity = identityOf(os.fstat('inspect', step.fd));
  const scrutiny = depth === 'full_audit' ? 'all' : 'where_directories_changed';
  const change = known === null ? null : await findChange(os, step, known, scrutiny);
  return { identity, change: change ?? missingMarker(os, step, commitMarker), lost: null, content: null };
}

/** The mark of writers other than Orbax is no part of the payload, and no step counts without it. */
function missingMarker(os: Os, step: DirectoryHandle, commitMarker: string): Change | null {
  if (commitMarker === COMMIT_SUCCESS_FILE) return null;
  try {
    os.lstat('audit marker', step.at(commitMarker));
    return null;
  } catch (error) {
    if (isMissing(errnoOf(error))) return { path: commitMarker, how: 'missing' };
    throw error;
  }
}

/** What changes while it is looked at gets a second chance, and is then reported as it was seen. */
async function takeStock(os: Os, step: DirectoryHandle, request: InspectRequest): Promise<Found> {
  const first = await takeStockOnce(os, step, request);
  return first.content?.inventory?.isStable === false ? takeStockOnce(os, step, request) : first;
}

async function takeStockOnce(
  os: Os,
  step: DirectoryHandle,
  { known, commitMarker }: InspectRequest,
): Promise<Found> {
  const { stats, content } = readTopLevel(os, step, commitMarker);
  const metadata = content.metadata?.outcome === 'read' ? content.metadata.value : null;
  // What changed is looked for first: the walk that follows may see more, never less.
  const change = known === null ? null : await findChange(os, step, known, 'all');
  const payload = payloadOf(metadata, content);
  const taken = await takeInventory(os, step, payload, commitMarker, stats.mtimeNs);
  const { inventory, hasPayload } = taken;
  return {
    identity: identityOf(stats),
    change,
    lost: known === null ? null : findLost(known, inventory),
    content: {
      ...content,
      metrics: readMetrics(os, step),
      inventory,
      hasPayload: content.hasPayload && hasPayload,
    },
  };
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
