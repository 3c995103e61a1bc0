import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { operationsOn } from '../../src/adapters/filesystem/operations.js';
import { nodeOs } from '../../src/adapters/filesystem/os.js';
import type { BuildPlan } from '../../src/engine/file-system.js';
import type {
  Identity,
  InspectDepth,
  Inspection,
  InspectRequest,
  Inventory,
} from '../../src/engine/inspection.js';

const operations = operationsOn(nodeOs);

export const ORDINARY_FILES: Readonly<Record<string, string>> = {
  _CHECKPOINT_METADATA:
    '{"item_handlers": {"default": "h", "metrics": "h"}, "metrics": {}, "custom_metadata": {}}',
  'default/_METADATA': '{}',
  'default/manifest.ocdbt': 'manifest',
  'default/d/0a1b': 'first data file',
  'default/d/2c3d': 'second data file',
  'metrics/metrics': '{"loss": 0.5}',
};

/** Writes a step; a name that ends in `/` is an empty directory. Returns its path. */
export function makeStep(root: string, name: string, files = ORDINARY_FILES): string {
  const step = join(root, name);
  mkdirSync(step, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith('/')) {
      mkdirSync(join(step, path), { recursive: true });
      continue;
    }
    mkdirSync(dirname(join(step, path)), { recursive: true });
    writeFileSync(join(step, path), content);
  }
  return step;
}

/** What the engine asks for a step, with Orbax's own mark of a finished one. */
export function request(name: string, depth: InspectDepth, known: Inventory | null = null): InspectRequest {
  return { name, depth, known, commitMarker: 'commit_success.txt' };
}

export type Present = Extract<Inspection, { outcome: 'present' }>;

export async function inspectOne(
  step: string,
  depth: InspectDepth = 'inventory',
  known: Inventory | null = null,
): Promise<Inspection> {
  const [inspection] = await operations.inspect(dirname(step), [request(basename(step), depth, known)]);
  assert.ok(inspection);
  return inspection;
}

export async function take(step: string): Promise<{ identity: Identity; inventory: Inventory }> {
  const inspection = await inspectOne(step);
  assert.equal(inspection.outcome, 'present');
  const inventory = inspection.content?.inventory;
  assert.ok(inventory);
  return { identity: inspection.identity, inventory };
}

/** A plan in layout `generation`, in the claimed directory `_STEPLEASE` beside the step. */
export async function planFor(step: string, change: Partial<BuildPlan> = {}): Promise<BuildPlan> {
  const snapshotDirectory = join(dirname(step), '_STEPLEASE');
  assert.deepEqual(operations.claim(change.snapshotDirectory ?? snapshotDirectory, 'store', null), {
    outcome: 'owned',
  });
  return {
    source: step,
    ...(await take(step)),
    snapshotDirectory,
    temporaryName: '.tmp-g1',
    stepName: basename(step),
    publishedName: 'g1',
    mode: 'hardlink',
    immutable: false,
    ...change,
  };
}

/** Every entry of a tree, by path: content of files, null for directories, kind of anything else. */
export function contentOf(tree: string): Record<string, string | null> {
  const content: Record<string, string | null> = {};
  for (const path of readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort()) {
    const stats = lstatSync(join(tree, path));
    if (stats.isDirectory()) content[path] = null;
    else content[path] = stats.isFile() ? readFileSync(join(tree, path), 'utf8') : 'special';
  }
  return content;
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
