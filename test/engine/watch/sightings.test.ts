import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HintedName, Sightings } from '../../../src/engine/watch/sightings.js';
import { IDENTITY } from '../../support/inspections.js';

const OTHER = { ...IDENTITY, saving: 'b-rs' };
const NONE: ReadonlySet<string> = new Set();

/** Names in the order in which the filesystem hinted at them, all in one go. */
function hints(...names: readonly string[]): ReadonlyMap<string, HintedName> {
  const hinted = new Map<string, HintedName>();
  for (const [place, name] of names.entries())
    hinted.set(name, { before: names[place - 1] ?? null, times: (hinted.get(name)?.times ?? 0) + 1 });
  return hinted;
}

describe('a rename is known', () => {
  it('by a directory that was seen under another name', () => {
    const sightings = new Sightings();
    sightings.note('staging', IDENTITY);
    assert.equal(sightings.isRenamed('7', IDENTITY, hints(), NONE), true);
    assert.equal(sightings.isRenamed('7', OTHER, hints(), NONE), false);
    assert.equal(sightings.isRenamed('staging', IDENTITY, hints(), NONE), false);
  });

  it('by both names in one go, where the old one is gone and is the temporary name of the new one', () => {
    const told = hints('7.orbax-checkpoint-tmp', '7');
    const gone = new Set(['7.orbax-checkpoint-tmp']);
    assert.equal(new Sightings().isRenamed('7', IDENTITY, told, gone), true);
    assert.equal(new Sightings().isRenamed('7', IDENTITY, told, NONE), false, 'the old name is still there');
    assert.equal(new Sightings().isRenamed('7', IDENTITY, hints('7'), gone), false);
  });

  it('by both names in one go, where the old one came into being just before', () => {
    assert.equal(new Sightings().isRenamed('7', IDENTITY, hints('x', 'x', '7'), new Set(['x'])), true);
  });
});

describe('a removal and a creation are no rename', () => {
  it('where the name that went led to another directory, or to a file', () => {
    const sightings = new Sightings();
    sightings.note('6', OTHER);
    sightings.note('log', null);
    assert.equal(sightings.isRenamed('7', IDENTITY, hints('6', '7'), new Set(['6'])), false);
    assert.equal(sightings.isRenamed('7', IDENTITY, hints('log', 'log', '7'), new Set(['log'])), false);
  });

  it('where nothing is known of the name that went, or it is a lock', () => {
    assert.equal(new Sightings().isRenamed('7', IDENTITY, hints('x', '7'), new Set(['x'])), false);
    const lock = hints('7.lock', '7.lock', '7');
    assert.equal(new Sightings().isRenamed('7', IDENTITY, lock, new Set(['7.lock'])), false);
  });

  it('where a directory was made and removed just before, and the new one is being filled', () => {
    const filled = { ...IDENTITY, ctimeNs: IDENTITY.mtimeNs };
    assert.equal(new Sightings().isRenamed('7', filled, hints('x', 'x', '7'), new Set(['x'])), false);
  });

  it('where an inode without a birth time may be that of a removed directory', () => {
    const sightings = new Sightings();
    const unborn = { ...IDENTITY, birthtimeNs: null };
    sightings.note('6', unborn);
    assert.equal(sightings.isRenamed('7', unborn, hints('7'), new Set(['6'])), false);
    assert.equal(sightings.isRenamed('7', unborn, hints('6', '7'), new Set(['6'])), true);
  });

  it('once the name was forgotten', () => {
    const sightings = new Sightings();
    sightings.note('staging', IDENTITY);
    sightings.keep(new Set(['7']));
    assert.equal(sightings.isRenamed('7', IDENTITY, hints(), NONE), false);
  });
});
