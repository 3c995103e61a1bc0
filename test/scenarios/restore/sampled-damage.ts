import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { restoreArgsJson } from '../../../src/engine/restore/document-json.js';
import { readRestoreArgs } from '../../../src/engine/restore/restore-args.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { STRICT } from '../../engine/restore/fixtures.js';
import { MemoryFiles, sourceOf } from '../../engine/restore/memory-files.js';

/**
 *     node sampled-damage.js ITEM_DIR COUNT
 *
 * Changes bytes here and there in the files of a large checkpoint that an answer depends on. Whatever happens must be
 * an answer or a refusal, and of files with checksums a refusal.
 */
const [directory = '', count = '100'] = process.argv.slice(2);
const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
const files = new MemoryFiles(
  paths.map((path) => [path, new Uint8Array(readFileSync(join(directory, path)))]),
);
const relevant = paths.filter((path) => /^(_METADATA|_sharding|manifest\.ocdbt|d\/.*)$/.test(path));
const intact = restoreArgsJson(readRestoreArgs(sourceOf(files), STRICT));
const outcomes = { refused: 0, same: 0, other: 0 };
let seed = 1;
let slowestMs = 0;
for (let i = 0; i < Number(count); i++) {
  const path = relevant[i % relevant.length] ?? '';
  const whole = files.contents.get(path) ?? new Uint8Array();
  seed = (seed * 48271) % 2147483647;
  const at = seed % whole.length;
  const damaged = i % 3 === 0 ? whole.subarray(0, at) : whole.slice();
  if (i % 3 !== 0) damaged[at] = (damaged[at] ?? 0) ^ (1 << (seed % 8));
  files.contents.set(path, damaged);
  const start = performance.now();
  const outcome = ask();
  slowestMs = Math.max(slowestMs, performance.now() - start);
  outcomes[outcome]++;
  if (outcome !== 'refused' && /ocdbt|^d\//.test(path))
    throw new Error(`${path}: damage at ${at} went unnoticed`);
  files.contents.set(path, whole);
}
process.stdout.write(`${JSON.stringify({ ...outcomes, slowest_ms: Math.round(slowestMs) })}\n`);

function ask(): keyof typeof outcomes {
  try {
    return restoreArgsJson(readRestoreArgs(sourceOf(files), STRICT)) === intact ? 'same' : 'other';
  } catch (error) {
    if (error instanceof RestoreError) return 'refused';
    throw error;
  }
}
