import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restoreArgsJson } from '../../../src/engine/restore/document-json.js';
import { readRestoreArgs } from '../../../src/engine/restore/restore-args.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { verifyItem } from '../../../src/engine/restore/verify-item.js';
import { contentsOf, itemOf, loadFixture, STRICT } from './fixtures.js';
import { type MemoryFiles, sourceOf } from './memory-files.js';

/** No answer depends on these: data, notes, markers, and the databases that the merged one was made from. */
const IRRELEVANT =
  /array_metadatas|ocdbt\.process|_CHECKPOINT_METADATA|commit_success|_strings|\/(c|c\/[0-9/]+|[0-9.]+)$/;
/** Guarded by a CRC-32C: damage is always noticed. */
const GUARDED = /manifest\.ocdbt$|\/d\/[0-9a-f]{32}$/;
/** Every byte is changed in two ways, one of which keeps most characters printable. */
const MASKS = [0xff, 0x01];

function ask(files: MemoryFiles): string | RestoreError {
  try {
    return restoreArgsJson(readRestoreArgs(sourceOf(files), STRICT));
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  }
}

function* damages(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length);
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of MASKS) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ mask;
      yield changed;
    }
  }
}

describe('every file cut off at every length, and with every byte changed', () => {
  for (const name of ['pytree-ocdbt-zarr2', 'pytree-files-zarr2', 'bare-sharded']) {
    const fixture = loadFixture(name);
    for (const [path, whole] of contentsOf(fixture)) {
      it(`${name}: ${path}`, () => {
        const files = itemOf(fixture);
        const intact = ask(files);
        assert.equal(typeof intact, 'string');
        for (const damaged of damages(whole)) {
          files.contents.set(path, damaged);
          const answer = ask(files);
          if (IRRELEVANT.test(path)) assert.equal(answer, intact);
          else if (answer instanceof RestoreError)
            assert.ok(['metadata_unreadable', 'unsupported_type'].includes(answer.code));
          else if (GUARDED.test(path)) assert.fail(`${path}: damage went unnoticed`);
        }
      });
    }
  }
});

describe('verification of every file cut off at every length', () => {
  for (const name of ['pytree-ocdbt-zarr2', 'uncompressed-files', 'bare-sharded']) {
    const fixture = loadFixture(name);
    const unguarded = /_CHECKPOINT_METADATA|commit_success/;
    for (const [path, whole] of contentsOf(fixture).filter(([path]) => !unguarded.test(path))) {
      it(`${name}: ${path}`, () => {
        const files = itemOf(fixture);
        for (let length = 0; length < whole.length; length++) {
          files.contents.set(path, whole.subarray(0, length));
          const problems = verifyItem(sourceOf(files), { name: null, handler: null });
          assert.notEqual(problems.length, 0, `${length} of ${whole.length} bytes`);
          assert.ok(problems.every((problem) => problem.detail.length > 0));
        }
      });
    }
  }
});
