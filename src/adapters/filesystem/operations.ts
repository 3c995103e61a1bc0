import { buildSnapshot } from './build-snapshot.js';
import { erase } from './erase.js';
import { inspect } from './inspect.js';
import { linkability } from './linkability.js';
import { listRoot } from './list-root.js';
import { locate, space } from './locate.js';
import type { Os } from './os.js';
import { claim, markOf } from './owner-mark.js';
import { takeOver } from './owner-takeover.js';
import type { Operations } from './protocol.js';
import { retire } from './retire.js';
import { auditSnapshot, inventorySnapshot, isOccupied, snapshotEntries } from './snapshot-tree.js';

/** Everything a worker can do, on the system calls given; a test runs it without a thread. */
export function operationsOn(os: Os): Operations {
  return {
    locate: (directory) => locate(os, directory),
    list: (directory, previous) => listRoot(os, directory, previous),
    inspect: (directory, requests) => inspect(os, directory, requests),
    space: (directory) => space(os, directory),
    claim: (directory, owner, origin) => claim(os, directory, owner, origin),
    owner: (directory) => markOf(os, directory)?.store ?? null,
    mark: (directory) => markOf(os, directory),
    takeOver: (directory, from, to, origin) => takeOver(os, directory, from, to, origin),
    build: (plan) => buildSnapshot(os, plan),
    retire: (plan) => retire(os, plan),
    erase: (snapshotDirectory, name) => erase(os, snapshotDirectory, name),
    audit: (path, inventory) => auditSnapshot(os, path, inventory),
    inventory: (path) => inventorySnapshot(os, path),
    entries: (snapshotDirectory) => snapshotEntries(os, snapshotDirectory),
    occupied: (path) => isOccupied(os, path),
    linkability: (step, inventory, snapshotDirectory) => linkability(os, step, inventory, snapshotDirectory),
  };
}
