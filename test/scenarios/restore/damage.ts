import { writeFileSync } from 'node:fs';
import { restoreArgsJson } from '../../../src/engine/restore/document-json.js';
import { readRestoreArgs } from '../../../src/engine/restore/restore-args.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { itemOf, loadFixture, STRICT } from '../../engine/restore/fixtures.js';
import { sourceOf } from '../../engine/restore/memory-files.js';

/**
 *     node damage.js FIXTURE DAMAGES.json [MASK]…
 *
 * Cuts every file of the fixture at every length and changes every byte by each of the masks, and writes down the
 * damages that were answered in spite of, for `judge_damage.py` to ask real Orbax about. Files that no answer depends
 * on (data, notes) are left out: the unit tests show that they do not matter.
 */
const [name = '', out = '', ...masks] = process.argv.slice(2);
const RELEVANT = /(_METADATA|_sharding|\.zarray|zarr\.json|manifest\.ocdbt|\/d\/[0-9a-f]+)$/;

const fixture = loadFixture(name);
const files = itemOf(fixture);
/** As JSON text: parsing an answer here would round its long numbers. */
const damages: string[] = [];
let cases = 0;
for (const [path, bytes] of [...files.contents]) {
  if (!path.startsWith(fixture.item) || !RELEVANT.test(path) || path.includes('_CHECKPOINT')) continue;
  if (path.includes('ocdbt.process')) continue;
  for (let length = 0; length < bytes.length; length++) attempt(path, bytes.subarray(0, length), { length });
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of masks.map(Number)) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ mask;
      attempt(path, changed, { at, mask });
    }
  }
  files.contents.set(path, bytes);
}
writeFileSync(out, `[${damages.join(',')}]`);
process.stdout.write(`${name}: ${cases} damages, ${damages.length} answered\n`);

function attempt(path: string, bytes: Uint8Array, damage: object): void {
  files.contents.set(path, bytes);
  cases++;
  try {
    const answer = restoreArgsJson(readRestoreArgs(sourceOf(files), STRICT));
    damages.push(`${JSON.stringify({ path, ...damage }).slice(0, -1)},"answer":${answer}}`);
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
  }
}
