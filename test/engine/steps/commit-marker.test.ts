import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { finalNameOf, isTemporaryName } from '../../../src/engine/steps/commit-marker.js';

describe('the mark of temporary directories', () => {
  it('is found at the end of a name, before a timestamp, and anywhere else', () => {
    for (const name of ['5.orbax-checkpoint-tmp', '5.orbax-checkpoint-tmp-17', '.orbax-checkpoint-tmp_5'])
      assert.equal(isTemporaryName(name), true, name);
  });

  it('is not found in names that only resemble it', () => {
    for (const name of ['5', '5.orbax-checkpoint', '5.ORBAX-CHECKPOINT-TMP', '5_orbax-checkpoint-tmp'])
      assert.equal(isTemporaryName(name), false, name);
  });

  it('is cut off to give the final name', () => {
    assert.equal(finalNameOf('a_5.orbax-checkpoint-tmp'), 'a_5');
    assert.equal(finalNameOf('5.orbax-checkpoint-tmp-1.orbax-checkpoint-tmp-2'), '5');
    assert.equal(finalNameOf('5'), null);
  });
});
