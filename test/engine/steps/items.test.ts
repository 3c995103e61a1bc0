import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { itemsOf } from '../../../src/engine/steps/items.js';
import { checkpointMetadata, content } from '../../support/inspections.js';

const directories = (...names: string[]) => names.map((name) => ({ name, directory: true }));
const files = (...names: string[]) => names.map((name) => ({ name, directory: false }));
/** What Orbax 0.6 to 0.10 wrote: times, and no item_handlers. */
const unnamed = checkpointMetadata({ items: null });

describe('the items of a step', () => {
  it('are those that the metadata names, whatever else is there', () => {
    const topLevel = directories('state', 'results');
    assert.deepEqual(itemsOf(checkpointMetadata({ items: ['state', 'metrics'] }), content({ topLevel })), [
      'metrics',
      'state',
    ]);
    assert.deepEqual(itemsOf(checkpointMetadata({ items: [] }), content({ topLevel })), []);
  });

  it('are its directories where the metadata names none, or where there is no metadata', () => {
    const topLevel = [
      ...directories('state', 'metrics', 'x.orbax-checkpoint-tmp-1'),
      ...files('_CHECKPOINT_METADATA'),
    ];
    for (const read of [unnamed, null])
      assert.deepEqual(itemsOf(read, content({ topLevel })), ['metrics', 'state']);
  });

  it('are none where a file of an item stands at the top', () => {
    for (const file of ['_METADATA', '_sharding', 'manifest.ocdbt', 'checkpoint'])
      assert.deepEqual(itemsOf(unnamed, content({ topLevel: [...directories('d'), ...files(file)] })), []);
  });
});
