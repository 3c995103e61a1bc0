import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Problem } from '../../../src/engine/restore/verification.js';
import { verifyStep } from '../../../src/engine/restore/verify-step.js';
import { filesOf, fixtureNames, loadFixture } from './fixtures.js';
import { MemoryFiles, sourceOf, utf8 } from './memory-files.js';

/** Layouts that lack something that Orbax needs. */
const BROKEN = new Set(['per-process-not-merged', 'sharding-lacks-a-parameter', 'old-positional-sharding']);

function stepOf(name: string): MemoryFiles {
  const fixture = loadFixture(name);
  return filesOf(fixture).within(fixture.item.split('/')[0] ?? '');
}

/** All problems after a change to the step's files, whose paths begin with `1/`. */
function problemsAfter(name: string, change: (contents: Map<string, Uint8Array>) => void): Problem[] {
  const files = stepOf(name);
  change(files.contents);
  const verification = verifyStep(sourceOf(files));
  assert.equal(verification.ok, false);
  return verification.items.flatMap((item) => item.problems);
}

function fileLike(contents: Map<string, Uint8Array>, pattern: RegExp): [string, Uint8Array] {
  const found = [...contents].find(([path]) => pattern.test(path));
  assert.ok(found !== undefined);
  return found;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 0xff;
  return changed;
}

describe('verification of what Orbax wrote', () => {
  for (const name of fixtureNames()) {
    it(`${name}: ${BROKEN.has(name) ? 'finds the defect' : 'finds nothing'}`, () => {
      const { items, ok } = verifyStep(sourceOf(stepOf(name)));
      assert.equal(ok, !BROKEN.has(name), JSON.stringify(items));
    });
  }

  it('lists each item, and counts what it looked at', () => {
    const verification = verifyStep(sourceOf(stepOf('manager-many-items')));
    assert.deepEqual(
      verification.items.map((item) => item.item),
      ['array', 'key', 'notes', 'state', 'tree'],
    );
    assert.ok(verification.checkedFiles >= 20);
  });

  it('counts each byte once, however often it is read', () => {
    for (const name of fixtureNames()) {
      const files = stepOf(name);
      const { checkedFiles, checkedBytes } = verifyStep(sourceOf(files));
      const sizes = [...files.contents.values()].map((bytes) => bytes.length);
      assert.ok(checkedFiles <= sizes.length, name);
      assert.ok(checkedBytes <= sizes.reduce((sum, size) => sum + size, 0), name);
    }
    const step = stepOf('pytree-ocdbt-zarr2');
    const { checkedBytes } = verifyStep(sourceOf(step));
    step.contents.delete('1/commit_success.txt');
    assert.equal(
      checkedBytes,
      [...step.contents.values()].reduce((sum, bytes) => sum + bytes.length, 0),
      'all but the mark',
    );
  });

  it('lists a step that is itself the item once, whatever is wrong with it', () => {
    const files = stepOf('pytree-files-zarr2');
    files.contents.set('1/_CHECKPOINT_METADATA', utf8('{'));
    files.contents.delete('1/_METADATA');
    const { items } = verifyStep(sourceOf(files));
    assert.deepEqual(
      items.map(({ item, problems }) => [item, problems.map(({ file }) => file)]),
      [[null, ['_CHECKPOINT_METADATA', '_METADATA']]],
    );
  });
});

describe('verification notices', () => {
  it('that the metadata of the tree is missing', () => {
    const problems = problemsAfter('pytree-files-zarr2', (contents) => contents.delete('1/_METADATA'));
    assert.deepEqual(
      problems.map(({ file, code }) => ({ file, code })),
      [{ file: '_METADATA', code: 'missing' }],
    );
  });

  it('that nothing is there', () => {
    for (const left of [[], ['1/commit_success.txt', '1/_CHECKPOINT_METADATA']]) {
      const files = new MemoryFiles(
        left.map((path) => [path, utf8('{}')]),
        [],
        '1/',
      );
      const { ok, items } = verifyStep(sourceOf(files));
      assert.equal(ok, false);
      assert.match(items.at(-1)?.problems[0]?.detail ?? '', /nothing/);
    }
  });

  it('damage in an item whose name has slashes, and that it is there otherwise', () => {
    const files = filesOf(loadFixture('manager-many-items')).within('ckpt_000007');
    const metadata = 'ckpt_000007/_CHECKPOINT_METADATA';
    const text = new TextDecoder()
      .decode(files.contents.get(metadata))
      .replace('"key"', '"key/jax_random_key"');
    files.contents.set(metadata, utf8(text));
    assert.equal(verifyStep(sourceOf(files)).ok, true);
    files.contents.delete('ckpt_000007/key/jax_random_key/checkpoint/.zarray');
    const broken = verifyStep(sourceOf(files)).items.filter((item) => !item.ok);
    assert.deepEqual(
      broken.map(({ item, problems }) => [item, problems[0]?.file]),
      [['key', 'jax_random_key/checkpoint/.zarray']],
    );
  });

  it('a wrong checksum in the manifest', () => {
    const problems = problemsAfter('pytree-ocdbt-zarr2', (contents) => {
      contents.set('1/manifest.ocdbt', flip(contents.get('1/manifest.ocdbt') ?? new Uint8Array(), 40));
    });
    assert.deepEqual(
      problems.map(({ file, code }) => ({ file, code })),
      [{ file: 'manifest.ocdbt', code: 'checksum_mismatch' }],
    );
  });

  it('a wrong checksum in any node of a tall tree', () => {
    const [path, bytes] = fileLike(stepOf('ocdbt-tall-tree').contents, /^1\/d\//);
    for (let at = 0; at < bytes.length; at += 997) {
      problemsAfter('ocdbt-tall-tree', (contents) => contents.set(path, flip(bytes, at)));
    }
  });

  it('damage in the database of a process', () => {
    const problems = problemsAfter('pytree-ocdbt-zarr2', (contents) => {
      const [path, bytes] = fileLike(contents, /ocdbt\.process_0\/manifest/);
      contents.set(path, bytes.subarray(0, 60));
    });
    assert.match(problems[0]?.file ?? '', /^ocdbt\.process_0\/manifest/);
  });

  it('a data file that is missing, and one that is too short', () => {
    const gone = problemsAfter('ocdbt-values-outside', (contents) => {
      contents.delete(fileLike(contents, /^1\/d\//)[0]);
    });
    assert.equal(gone[0]?.code, 'missing');
    const cut = problemsAfter('chunked-ocdbt', (contents) => {
      const [path, bytes] = fileLike(contents, /^1\/d\//);
      contents.set(path, bytes.subarray(0, bytes.length - 1));
    });
    assert.ok(cut.some((problem) => problem.code === 'too_short'));
  });

  it('a chunk file that is missing, cut off or too long', () => {
    for (const name of ['pytree-files-zarr2', 'pytree-files-zarr3', 'uncompressed-files']) {
      const chunk = /\/(0\.1|c\/0\/1)$/;
      const gone = problemsAfter(name, (contents) => contents.delete(fileLike(contents, chunk)[0]));
      assert.deepEqual(gone[0]?.code, 'missing');
      problemsAfter(name, (contents) => {
        const [path, bytes] = fileLike(contents, chunk);
        contents.set(path, bytes.subarray(0, bytes.length - 1));
      });
      problemsAfter(name, (contents) => {
        const [path, bytes] = fileLike(contents, chunk);
        contents.set(path, new Uint8Array([...bytes, 0]));
      });
    }
  });

  it('a wrong checksum in the index of a zarr 3 shard', () => {
    const problems = problemsAfter('pytree-files-zarr3', (contents) => {
      const [path, bytes] = fileLike(contents, /c\/0\/1$/);
      contents.set(path, flip(bytes, bytes.length - 6));
    });
    assert.equal(problems[0]?.code, 'checksum_mismatch');
  });

  it('an array_metadatas that contradicts the array', () => {
    const problems = problemsAfter('pytree-ocdbt-zarr2', (contents) => {
      const path = '1/array_metadatas/process_0';
      const text = new TextDecoder().decode(contents.get(path));
      contents.set(path, utf8(text.replace('"chunk_shape": [4, 4]', '"chunk_shape": [4, 2]')));
    });
    assert.equal(problems[0]?.code, 'contradiction');
  });

  it('a string leaf without its string', () => {
    const problems = problemsAfter('pytree-ocdbt-zarr2', (contents) =>
      contents.set('1/_strings.json', utf8('{}')),
    );
    assert.deepEqual(problems, [{ file: '_strings.json', code: 'missing', detail: 'no string for "name"' }]);
  });

  it('an item that the step names and does not have, and one not renamed into place', () => {
    const files = stepOf('manager-many-items');
    for (const path of [...files.contents.keys()]) {
      if (path.startsWith('ckpt_000007/tree/')) files.contents.delete(path);
    }
    files.contents.set('ckpt_000007/x.orbax-checkpoint-tmp-1/_METADATA', utf8('{}'));
    const kept = new Map(files.contents);
    const step = new MemoryFiles(kept, [], 'ckpt_000007/');
    const broken = verifyStep(sourceOf(step)).items.filter((item) => !item.ok);
    assert.deepEqual(
      broken.map(({ item, problems }) => [item, problems[0]?.code]),
      [
        ['tree', 'missing'],
        ['x.orbax-checkpoint-tmp-1', 'uncommitted'],
      ],
    );
  });
});
