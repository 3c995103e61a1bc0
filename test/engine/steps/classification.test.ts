import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { classify, type NameRules, type RootEntries } from '../../../src/engine/steps/classification.js';
import { TEMPORARY_MARKER } from '../../../src/engine/steps/commit-marker.js';
import { buildStepName, parseStepName, type StepNameFormat } from '../../../src/engine/steps/name-format.js';
import { hostileNames, nameFormats, steps } from '../../support/name-formats.js';

const PLAIN: StepNameFormat = { prefix: null, separator: '_', fixedLength: null };
const PADDED: StepNameFormat = { prefix: 'step', separator: '_', fixedLength: 8 };
const NOTHING: RootEntries = { directories: [], symbolicLinks: [], others: [] };

function rules(...formats: readonly StepNameFormat[]): NameRules {
  return { formats, commitMode: 'atomic_rename', ownDirectories: new Set(['_STEPLEASE']) };
}

function decided(given: NameRules, entries: Partial<RootEntries>): readonly string[] {
  return classify(given, { ...NOTHING, ...entries }).decided.map(
    ({ entry }) => `${entry.name} ${entry.step} ${entry.state}: ${entry.reason}`,
  );
}

describe('classify', () => {
  it('gives the names of steps highest first', () => {
    const { candidates, decided: others } = classify(rules(PLAIN), {
      ...NOTHING,
      directories: ['7', '100', '9'],
    });
    assert.deepEqual(
      candidates.map(({ name, step }) => [name, step]),
      [
        ['100', 100],
        ['9', 9],
        ['7', 7],
      ],
    );
    assert.deepEqual(others, []);
  });

  it('gives names of one step in the order of the formats, each with the earlier ones', () => {
    const directories = ['10', 'step_00000010'];
    const forwards = classify(rules(PADDED, PLAIN), { ...NOTHING, directories }).candidates;
    assert.deepEqual(forwards, [
      { name: 'step_00000010', step: 10, earlier: [] },
      { name: '10', step: 10, earlier: ['step_00000010'] },
    ]);
    const backwards = classify(rules(PLAIN, PADDED), { ...NOTHING, directories }).candidates;
    assert.deepEqual(
      backwards.map(({ name, earlier }) => [name, earlier]),
      [
        ['10', []],
        ['step_00000010', ['10']],
      ],
    );
  });

  it('says of each other entry what it is', () => {
    const directories = [
      'eval',
      `5${TEMPORARY_MARKER}`,
      `6${TEMPORARY_MARKER}-170000`,
      `x${TEMPORARY_MARKER}`,
    ];
    assert.deepEqual(decided(rules(PLAIN), { directories, symbolicLinks: ['8'], others: ['9'] }), [
      'eval null foreign: its name is not N',
      '5.orbax-checkpoint-tmp 5 temporary: name ends in .orbax-checkpoint-tmp',
      '6.orbax-checkpoint-tmp-170000 6 temporary: name contains .orbax-checkpoint-tmp',
      'x.orbax-checkpoint-tmp null temporary: name ends in .orbax-checkpoint-tmp',
      '8 null foreign: is a symbolic link: links are never followed',
      '9 null foreign: is neither a directory nor a regular file',
    ]);
  });

  it('words the formats in the reason of a strange name', () => {
    assert.deepEqual(decided(rules(PADDED, PLAIN), { directories: ['odd'] }), [
      'odd null foreign: its name is not step_N zero-padded to 8 digits or N',
    ]);
  });

  it("leaves out the service's own directories, whatever their kind", () => {
    const own = ['_STEPLEASE'];
    for (const entries of [{ directories: own }, { symbolicLinks: own }])
      assert.deepEqual(decided(rules(PLAIN), entries), []);
  });

  it('puts every directory in exactly one place, and only readable names among the candidates', () => {
    const formats = fc.array(nameFormats, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(formats, fc.array(steps), fc.uniqueArray(hostileNames), (given, numbers, strange) => {
        const named = numbers.map((step, index) => buildStepName(given[index % given.length] ?? PLAIN, step));
        const directories = [...new Set([...named, ...strange])].filter((name) => name !== '_STEPLEASE');
        const { candidates, decided: others } = classify(rules(...given), { ...NOTHING, directories });
        const placed = [...candidates.map(({ name }) => name), ...others.map(({ entry }) => entry.name)];
        assert.deepEqual(placed.sort(), directories.sort());
        for (const { name, step } of candidates) assert.equal(parseStepName(given, name)?.step, step);
        for (const [index, { step }] of candidates.entries())
          assert.ok(step <= (candidates[index - 1]?.step ?? step), 'highest first');
      }),
    );
  });
});
