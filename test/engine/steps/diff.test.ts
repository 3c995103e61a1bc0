import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { diff, type StepChange } from '../../../src/engine/steps/diff.js';
import type { StepEntry } from '../../../src/engine/steps/step.js';
import { stepEntries, stepEntry } from '../../support/step-entries.js';

const final = (generation: string) => stepEntry('1', 'finalized', { generation });
const deleting = (generation: string) => stepEntry('1', 'deleting', { generation });
const provisional = stepEntry('1', 'finalized');

function between(before: StepEntry | null, after: StepEntry | null): StepChange | undefined {
  return diff(new Map(before === null ? [] : [['1', before]]), [['1', after]])[0];
}

describe('diff', () => {
  const cases: [what: string, before: StepEntry | null, after: StepEntry | null, event: string | null][] = [
    ['a step that appears final', null, final('a'), 'step.finalized'],
    ['one that was temporary', stepEntry('1', 'temporary'), final('a'), 'step.finalized'],
    ['one that is saved again', final('a'), final('b'), 'step.finalized'],
    ['one that was deleting and is saved again', deleting('a'), final('b'), 'step.finalized'],
    ['one that is gone', final('a'), null, 'step.deleted'],
    ['one that is half gone', final('a'), deleting('a'), 'step.deleted'],
    ['one that is named otherwise now', final('a'), stepEntry('1', 'foreign'), 'step.deleted'],
    ['the rest of one that was half gone', deleting('a'), null, null],
    ['one that is half gone at first sight', null, stepEntry('1', 'deleting'), null],
    ['a temporary one', null, stepEntry('1', 'temporary'), null],
    ['one listed by its name', null, provisional, null],
    ['one listed by its name and looked at', provisional, final('a'), 'step.finalized'],
    ['one listed by its name that is none', provisional, stepEntry('1', 'temporary'), 'step.deleted'],
    ['one listed by its name that is gone', provisional, null, 'step.deleted'],
  ];
  for (const [what, before, after, event] of cases)
    it(`tells ${event ?? 'nothing'} of ${what}`, () => {
      assert.equal(between(before, after)?.event ?? null, event);
    });

  it('names the generation that a finalized one replaces, and only that', () => {
    assert.equal(between(final('a'), final('b'))?.previousGeneration, 'a');
    assert.equal(between(null, final('b'))?.previousGeneration, null);
    assert.equal(
      between(deleting('a'), final('b'))?.previousGeneration,
      'a',
      'one that was changed in place',
    );
    assert.equal(between(final('a'), null)?.previousGeneration, null);
  });

  it('finds no change where nothing changed, and one without event where only details did', () => {
    assert.equal(between(final('a'), final('a')), undefined);
    assert.equal(between(null, null), undefined);
    const detailed = { ...final('a'), sizeBytes: 10 };
    assert.deepEqual(between(final('a'), detailed), {
      name: '1',
      before: final('a'),
      after: detailed,
      event: null,
      previousGeneration: null,
    });
  });

  const names = ['1', '2', '3'];
  const view = fc
    .tuple(...names.map((name) => fc.option(stepEntries(name))))
    .map((entries) => new Map(names.map((name, index) => [name, entries[index] ?? null])));

  it('tells whoever has a list and applies the events all that the next list says', () => {
    fc.assert(
      fc.property(fc.array(view, { minLength: 1, maxLength: 6 }), ([first, ...later]) => {
        const known = new Map<string, StepEntry>();
        for (const [name, entry] of first ?? []) if (entry !== null) known.set(name, entry);
        const list = listed(known);
        for (const observed of later) {
          for (const change of diff(known, observed)) {
            if (change.event === 'step.finalized') list.set(change.name, change.after?.generation ?? null);
            if (change.event === 'step.deleted') list.delete(change.name);
            if (change.after === null) known.delete(change.name);
            else known.set(change.name, change.after);
          }
          const now = listed(known);
          // What is listed by its name alone is told of when it was looked at.
          for (const [name, generation] of now)
            if (generation !== null) assert.equal(list.get(name), generation);
          for (const name of list.keys()) assert.ok(now.has(name), name);
        }
      }),
    );
  });

  it('finds nothing more when it has been applied', () => {
    fc.assert(
      fc.property(view, view, (before, observed) => {
        const known = new Map<string, StepEntry>();
        for (const [name, entry] of before) if (entry !== null) known.set(name, entry);
        for (const { name, after } of diff(known, observed)) {
          if (after === null) known.delete(name);
          else known.set(name, after);
        }
        assert.deepEqual(diff(known, observed), []);
      }),
    );
  });
});

function listed(entries: ReadonlyMap<string, StepEntry>): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const [name, { state, generation }] of entries) if (state === 'finalized') found.set(name, generation);
  return found;
}
