import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';

const SEES: readonly (readonly [pattern: string, run: string, sees: boolean])[] = [
  ['*', 'a', true],
  ['team-*', 'team-a', true],
  ['team-*', 'team-', true],
  ['team-*', 'steam-a', false],
  ['team-*', 'team', false],
  ['*-prod', 'a-b-prod', true],
  ['*-prod', 'a-prod-b', false],
  ['run?', 'run1', true],
  ['run?', 'run', false],
  ['a.b', 'axb', false],
  ['*a*b', 'xaxaxbxb', true],
  ['a**?', 'ab', true],
  ['', 'a', false],
];

for (const [pattern, run, sees] of SEES) {
  it(`${JSON.stringify(pattern)} ${sees ? 'fits' : 'does not fit'} ${run}`, () => {
    assert.equal(new RunGlobs([pattern]).sees(run), sees);
  });
}

it('agrees with a regular expression', () => {
  const text = (alphabet: string) =>
    fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(text('ab*?'), text('ab'), (pattern, run) => {
      const expected = new RegExp(`^${pattern.replace(/\*+/g, '.*').replaceAll('?', '.')}$`).test(run);
      assert.equal(new RunGlobs([pattern]).sees(run), expected);
    }),
  );
});

it('sees what any of its patterns fits, and nothing without patterns', () => {
  assert.equal(new RunGlobs(['a', 'b*']).sees('bc'), true);
  assert.equal(new RunGlobs([]).sees('a'), false);
});

it('takes no longer for many stars', { timeout: 5_000 }, () => {
  assert.equal(new RunGlobs(['*a'.repeat(64)]).sees('a'.repeat(63)), false);
});

it('narrowed to a run is that run alone, or nothing when it does not see it', () => {
  const team = new RunGlobs(['team-?']);
  assert.deepEqual(team.within('team-a').patterns, ['team-a']);
  assert.deepEqual(team.within('other').patterns, []);
  assert.equal(team.within(null), team);
});

it('never reads a name that somebody gives as a pattern', () => {
  assert.deepEqual(new RunGlobs(['a?']).within('a*').patterns, []);
  assert.deepEqual(RunGlobs.everything.within('*').patterns, []);
});

it('knows its runs by name when no pattern has a sign', () => {
  assert.deepEqual(new RunGlobs(['a', 'b', 'a']).names, ['a', 'b']);
  assert.equal(new RunGlobs(['a', 'b*']).names, null);
  assert.equal(new RunGlobs(['a', '**']).isEverything, true);
});
