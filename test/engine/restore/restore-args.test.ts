import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restoreArgsJson } from '../../../src/engine/restore/document-json.js';
import { readRestoreArgs } from '../../../src/engine/restore/restore-args.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { fixtureNames, itemOf, LOOSE, loadFixture, STRICT } from './fixtures.js';
import { sourceOf, utf8 } from './memory-files.js';

describe('restore args of what real Orbax wrote', () => {
  for (const name of fixtureNames()) {
    const fixture = loadFixture(name);
    if (fixture.error === undefined) {
      it(`${name}: equals Orbax's answer`, () => {
        const answer = restoreArgsJson(readRestoreArgs(sourceOf(itemOf(fixture)), STRICT));
        assert.deepEqual(JSON.parse(answer), fixture.answer);
        const loose = restoreArgsJson(readRestoreArgs(sourceOf(itemOf(fixture)), LOOSE));
        assert.deepEqual(JSON.parse(loose), fixture.loose_answer);
      });
    } else {
      it(`${name}: is refused, as Orbax raises ${fixture.error.slice(0, 60)}`, () => {
        assert.throws(() => readRestoreArgs(sourceOf(itemOf(fixture)), STRICT), RestoreError);
      });
    }
  }
});

describe('what an answer depends on', () => {
  it('is not array_metadatas, nor the databases of the processes, nor a commit marker', () => {
    const fixture = loadFixture('pytree-ocdbt-zarr2');
    const files = itemOf(fixture);
    for (const path of files.contents.keys()) {
      if (/array_metadatas|ocdbt\.process|commit_success|_CHECKPOINT_METADATA|_strings/.test(path)) {
        files.contents.set(path, utf8('garbage'));
      }
    }
    const answer = restoreArgsJson(readRestoreArgs(sourceOf(files), STRICT));
    assert.deepEqual(JSON.parse(answer), fixture.answer);
  });

  it('is not _sharding where no leaf is a jax.Array', () => {
    const fixture = loadFixture('long-list');
    const files = itemOf(fixture);
    files.contents.set(`${fixture.item}/_sharding`, utf8('garbage'));
    assert.equal([...readRestoreArgs(sourceOf(files), STRICT).leaves].length, 25);
  });

  it('says that an old msgpack checkpoint is one', () => {
    assert.throws(
      () => readRestoreArgs(sourceOf(itemOf(loadFixture('old-msgpack-only'))), STRICT),
      (error) =>
        error instanceof RestoreError && error.code === 'metadata_unreadable' && /msgpack/.test(error.detail),
    );
  });

  it('passes the digits of a number in custom_metadata through', () => {
    const document = readRestoreArgs(sourceOf(itemOf(loadFixture('custom-metadata'))), STRICT);
    assert.match(document.custom_metadata.text, /"big":1180591620717411303424\b/);
    assert.match(document.custom_metadata.text, /"__proto__":\{"x":1\}/);
  });
});

describe('write_shape as a second source', () => {
  const cases: [string, string, string, string][] = [
    ['a shard that does not tile the array', '"write_shape": [3]', '"write_shape": [2]', 'b'],
    ['a shard smaller than its one device held', '"write_shape": [3]', '"write_shape": [1]', 'b'],
    ['another rank', '"write_shape": [4, 4]', '"write_shape": [4]', 'w'],
    [
      'more shards than the sharding says are not too few',
      '"write_shape": [4, 4]',
      '"write_shape": [8, 4]',
      'w',
    ],
  ];
  for (const [what, before, after, parameter] of cases) {
    it(`refuses ${what}`, () => {
      const files = itemOf(loadFixture('pytree-files-zarr2'));
      const path = '1/_METADATA';
      const text = new TextDecoder().decode(files.contents.get(path));
      assert.ok(text.includes(before));
      files.contents.set(path, utf8(text.replace(before, after)));
      assert.throws(
        () => readRestoreArgs(sourceOf(files), STRICT),
        (error) =>
          error instanceof RestoreError &&
          error.problem === 'contradiction' &&
          error.detail.includes(`"params.${parameter}"`),
      );
    });
  }
});
