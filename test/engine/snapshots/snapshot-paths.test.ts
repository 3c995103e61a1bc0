import assert from 'node:assert/strict';
import test from 'node:test';
import { isPublishedName } from '../../../src/engine/snapshots/snapshot-paths.js';
import { generationOf } from '../../../src/engine/steps/generation.js';
import { IDENTITY } from '../../support/inspections.js';

test('the snapshots of every generation are known by their names, numbered or not; others are left alone', () => {
  const first = generationOf(IDENTITY, '5000000');
  const changed = generationOf(IDENTITY, '5000000', first);
  for (const generation of [first, changed, generationOf(IDENTITY, null, changed)])
    for (const name of [generation, `${generation}.12`]) assert.equal(isPublishedName(name), true, name);
  for (const name of ['mine', '1000', 'a-b', '.tmp-1', `${first}.x`, `${changed}-1-1`])
    assert.equal(isPublishedName(name), false, name);
});
