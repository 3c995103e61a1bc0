import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { buildStepName, parseStepName, type StepNameFormat } from '../../../src/engine/steps/name-format.js';
import { describeNumberedFiles, suggestNameFormats } from '../../../src/engine/steps/name-suggestion.js';
import { hostileNames, nameFormats, steps } from '../../support/name-formats.js';

function suggestNameFormat(names: Iterable<string>) {
  return suggestNameFormats(names)[0] ?? null;
}

test('each text before numbers is one suggestion, the largest three are given', () => {
  const names = ['a-1', 'b-1', 'b-2', 'c_1', 'c_2', 'c_3', 'd1', 'd2', 'd3', 'd4'];
  assert.deepEqual(
    suggestNameFormats(names).map(({ example }) => example),
    ['dN', 'c_N', 'b-N'],
  );
});

test('plain files that look like steps are described, rotated logs are not', () => {
  assert.match(
    describeNumberedFiles(['checkpoint_10', 'checkpoint_20'])?.detail ?? '',
    /^2 plain files look like checkpoint_N/,
  );
  assert.equal(describeNumberedFiles(['train.log.1', 'core.4711']), null);
});

describe('suggestNameFormats', () => {
  it('recognizes a prefix', () => {
    const names = ['checkpoint_5', 'checkpoint_10', 'checkpoint_100', 'eval_1', 'logs'];
    assert.deepEqual(suggestNameFormat(names), {
      count: 3,
      example: 'checkpoint_N',
      option: 'step_prefix',
      settings: 'step_prefix "checkpoint"',
      format: { prefix: 'checkpoint', separator: '_', fixedLength: null },
    });
  });

  it('recognizes a fixed length, also where longer numbers outgrew it', () => {
    assert.deepEqual(suggestNameFormat(['0005', '0010', '12345']), {
      count: 3,
      example: '0005',
      option: 'step_format_fixed_length',
      settings: 'step_format_fixed_length 4',
      format: { prefix: null, separator: '_', fixedLength: 4 },
    });
  });

  it('recognizes both together', () => {
    const suggestion = suggestNameFormat(['ckpt_00000005', 'ckpt_00000010']);
    assert.equal(suggestion?.option, 'step_prefix and step_format_fixed_length');
    assert.deepEqual(suggestion?.format, { prefix: 'ckpt', separator: '_', fixedLength: 8 });
  });

  for (const [head, separator] of [
    ['step-', '-'],
    ['checkpoint-', '-'],
    ['iter.', '.'],
    ['global_step', ''],
  ] as const)
    it(`recognizes the separator ${JSON.stringify(separator)} in ${head}100`, () => {
      const suggestion = suggestNameFormat([`${head}100`, `${head}200`, 'logs']);
      const prefix = head.slice(0, head.length - separator.length);
      assert.equal(suggestion?.example, `${head}N`);
      assert.equal(suggestion.option, 'step_prefix and step_separator');
      assert.deepEqual(suggestion.format, { prefix, separator, fixedLength: null });
    });

  it('names all three options where all three are needed', () => {
    const suggestion = suggestNameFormat(['step-0100', 'step-0200']);
    assert.equal(suggestion?.option, 'step_prefix, step_separator and step_format_fixed_length');
  });

  it('says that a prefix is too much when the numbers stand alone', () => {
    assert.deepEqual(suggestNameFormat(['5', '10'])?.option, 'step_prefix to null');
  });

  it('is silent about directories that hold no number, are temporary, or belong to snapshots', () => {
    assert.equal(suggestNameFormat([]), null);
    assert.equal(
      suggestNameFormat(['logs', '_SNAPSHOTS', '5.orbax-checkpoint-tmp', 'x_', '_5', 'v1.2']),
      null,
    );
  });

  it('finds a format that reads every name of a run of one format', () => {
    fc.assert(
      fc.property(
        nameFormats.filter(isUnmistakable),
        fc.uniqueArray(steps, { minLength: 1 }),
        (format, numbers) => {
          const names = numbers.map((step) => buildStepName(format, step));
          const suggestion = suggestNameFormat(names);
          assert.ok(suggestion);
          assert.equal(suggestion.count, names.length);
          for (const [index, name] of names.entries())
            assert.equal(parseStepName([suggestion.format], name)?.step, numbers[index]);
        },
      ),
    );
  });

  it('never throws, and counts exactly the names that its format reads', () => {
    fc.assert(
      fc.property(fc.array(hostileNames), (names) => {
        const suggestion = suggestNameFormat(names);
        if (suggestion === null) return;
        const readable = names.filter((name) => parseStepName([suggestion.format], name) !== null);
        assert.equal(readable.length, suggestion.count);
      }),
    );
  });
});

/** Whether a name shows where its number begins, and looks like a step's. */
function isUnmistakable({ prefix, separator }: StepNameFormat): boolean {
  if (prefix === null || separator === '_' || separator === '-') return true;
  return separator === '.' ? !/[0-9]$/.test(prefix) : !/([0-9]|^[_.-]|[0-9]\.)$/.test(prefix);
}
