import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RestoreError, type RestoreErrorCode } from '../../../src/engine/restore/restore-error.js';
import { listItems, selectItem } from '../../../src/engine/restore/step-items.js';
import { filesOf, loadFixture } from './fixtures.js';
import { MemoryFiles, utf8 } from './memory-files.js';

const ITEMS = ['array', 'key', 'notes', 'state', 'tree'];

function manyItems(): MemoryFiles {
  return filesOf(loadFixture('manager-many-items')).within('ckpt_000007');
}

function selfItem(): MemoryFiles {
  return filesOf(loadFixture('pytree-ocdbt-zarr2')).within('1');
}

function refuses(select: () => unknown, code: RestoreErrorCode, detail: RegExp): void {
  assert.throws(
    select,
    (error) => error instanceof RestoreError && error.code === code && detail.test(error.detail),
  );
}

describe("a step's items", () => {
  it('are its directories', () => assert.deepEqual(listItems(manyItems()), ITEMS));

  it('are none when the step was saved straight into its directory', () => {
    assert.deepEqual(listItems(selfItem()), []);
    assert.deepEqual(listItems(filesOf(loadFixture('old-msgpack-only')).within('1')), []);
  });

  it('do not include one that is still being written', () => {
    const files = manyItems();
    files.contents.set('ckpt_000007/late.orbax-checkpoint-tmp-0/_METADATA', new Uint8Array());
    assert.deepEqual(listItems(files), ITEMS);
  });
});

describe('choosing an item', () => {
  it('takes the only one when none is named', () => {
    const files = filesOf(loadFixture('standard')).within('1');
    assert.equal(selectItem(files, null).item, null);
    const v1 = filesOf(loadFixture('v1-pytree')).within('1');
    assert.equal(selectItem(v1, null).item, 'state');
  });

  it('counts metrics and other JSON beside a tree as items', () => {
    const files = filesOf(loadFixture('manager-default-item')).within('7');
    files.contents.set('7/metrics/metrics', utf8('{"loss":1}'));
    refuses(() => selectItem(files, null), 'item_required', /default, metrics/);
    assert.equal(selectItem(files, 'default').item, 'default');
    assert.equal(selectItem(files, 'metrics').item, 'metrics');
  });

  it('does not pass over one that is damaged', () => {
    const files = manyItems();
    for (const path of files.contents.keys())
      if (!path.startsWith('ckpt_000007/state/') && !path.startsWith('ckpt_000007/tree/'))
        files.contents.delete(path);
    for (const file of ['_METADATA', 'manifest.ocdbt']) files.contents.delete(`ckpt_000007/tree/${file}`);
    refuses(
      () => selectItem(new MemoryFiles(files.contents, [], 'ckpt_000007/'), null),
      'item_required',
      /state, tree/,
    );
  });

  it('finds one whose name has slashes', () => {
    const files = manyItems();
    assert.equal(selectItem(files, 'key/jax_random_key').item, 'key/jax_random_key');
    for (const path of files.contents.keys())
      if (!path.startsWith('ckpt_000007/key/')) files.contents.delete(path);
    const only = selectItem(new MemoryFiles(files.contents, [], 'ckpt_000007/'), null);
    assert.equal(only.item, 'key/jax_random_key');
    assert.notEqual(only.files.size('_METADATA'), null);
  });

  it('takes the one that is named', () => {
    const { item, files } = selectItem(manyItems(), 'tree');
    assert.equal(item, 'tree');
    assert.notEqual(files.size('_METADATA'), null);
  });

  it('demands a name when there are several', () => {
    refuses(() => selectItem(manyItems(), null), 'item_required', /state, tree/);
  });

  it('refuses a name that is none of them, whatever it leads to', () => {
    for (const name of [
      'stat',
      '',
      '.',
      '..',
      '../ckpt_000007/state',
      'state/',
      '__proto__',
      'key/..',
      'key/../state',
      'state/d',
    ]) {
      refuses(() => selectItem(manyItems(), name), 'item_not_found', /state/);
    }
    refuses(() => selectItem(selfItem(), 'default'), 'item_not_found', /straight/);
  });
});
