import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DirectoryFiles } from '../../../src/adapters/restore/directory-files.js';
import { constructRestoreArgs } from '../../../src/engine/restore/construct-restore-args.js';
import { restoreArgsJson } from '../../../src/engine/restore/document-json.js';
import { readRestoreArgs } from '../../../src/engine/restore/restore-args.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { verifyStep } from '../../../src/engine/restore/verify-step.js';
import { bodyOf, LOOSE, STRICT } from '../../engine/restore/fixtures.js';
import { sourceOf } from '../../engine/restore/memory-files.js';

/**
 * Everything that `generate.py` can write, freshly written by real Orbax and compared leaf by leaf; then every damage
 * of a small checkpoint that is answered in spite of, judged by real Orbax. Needs STEPLEASE_TEST_PYTHON, the interpreter of an
 * environment with orbax-checkpoint 0.12.4 or 0.12.8, jax and msgpack.
 */
const PYTHON = environment('STEPLEASE_TEST_PYTHON');
const SCRIPTS = join(import.meta.dirname, '../../../../test/scenarios/restore');
const FIXTURES = join(import.meta.dirname, '../../../../test/fixtures/restore');
/** Layouts whose step is rightly found to be broken. */
const BROKEN = new Set(['per-process-not-merged', 'sharding-lacks-a-parameter', 'old-positional-sharding']);

function environment(name: string): string | undefined {
  return process.env[name];
}

function python(script: string, ...args: string[]): void {
  assert.ok(PYTHON !== undefined);
  execFileSync(PYTHON, ['-B', join(SCRIPTS, script), ...args], { stdio: ['ignore', 'ignore', 'ignore'] });
}

describe('agreement with real Orbax', { skip: PYTHON === undefined }, () => {
  let root = '';

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'restore-agreement-'));
    python('generate.py', root);
    python('generate.py', '--targets', join(root, 'targets'));
  });

  after(() => rmSync(root, { recursive: true }));

  it('on every layout, whose steps are whole', () => {
    let leaves = 0;
    const names = readdirSync(root).filter((file) => file.endsWith('.json'));
    for (const file of names) {
      const name = file.slice(0, -'.json'.length);
      const expected = JSON.parse(readFileSync(join(root, file), 'utf8'));
      const item = new DirectoryFiles(join(root, name, expected.item));
      const step = new DirectoryFiles(join(root, name, expected.item.split('/')[0]));
      assert.equal(verifyStep(sourceOf(step)).ok, !BROKEN.has(name), name);
      if (expected.error !== undefined) {
        assert.throws(() => readRestoreArgs(sourceOf(item), STRICT), RestoreError, name);
        continue;
      }
      for (const [options, answer] of [
        [STRICT, expected.answer],
        [LOOSE, expected.loose_answer],
      ] as const) {
        assert.deepEqual(JSON.parse(restoreArgsJson(readRestoreArgs(sourceOf(item), options))), answer, name);
        leaves += answer.leaves.length;
      }
    }
    assert.ok(names.length > 60 && leaves > 1000, `${names.length} layouts, ${leaves} leaves`);
  });

  it('on every target', () => {
    for (const { name, body, answer, error } of JSON.parse(readFileSync(join(root, 'targets'), 'utf8'))) {
      if (error !== undefined) assert.throws(() => constructRestoreArgs(bodyOf(body)), RestoreError, name);
      else assert.deepEqual(JSON.parse(restoreArgsJson(constructRestoreArgs(bodyOf(body)))), answer, name);
    }
  });

  for (const fixture of [
    'pytree-files-zarr2',
    'pytree-files-zarr3',
    'ocdbt-numbered-manifest',
    'custom-metadata',
  ]) {
    it(`on what a damaged ${fixture} says, where it is answered at all`, () => {
      const damages = join(root, `${fixture}-damages`);
      execFileSync(process.execPath, [
        join(import.meta.dirname, 'damage.js'),
        fixture,
        damages,
        '1',
        '16',
        '255',
      ]);
      // Exits with 1, which throws, when real Orbax answers otherwise for any of the same bytes.
      python('judge_damage.py', join(FIXTURES, 'layouts', `${fixture}.json`), damages);
    });
  }
});
