import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildStepName, parseStepName } from '../../../src/engine/steps/name-format.js';
import { suggestNameFormat } from '../../../src/engine/steps/name-suggestion.js';
import { hostileNames, nameFormats, steps } from '../../support/name-formats.js';

describe('suggestNameFormat', () => {
  it('recognizes a prefix', () => {
    const names = ['checkpoint_5', 'checkpoint_10', 'checkpoint_100', 'eval_1', 'logs'];
    assert.deepEqual(suggestNameFormat(names), {
      count: 3,
      example: 'checkpoint_N',
      option: 'step_prefix',
      format: { prefix: 'checkpoint', fixedLength: null },
    });
  });

  it('recognizes a fixed length, also where longer numbers outgrew it', () => {
    assert.deepEqual(suggestNameFormat(['0005', '0010', '12345']), {
      count: 3,
      example: '0005',
      option: 'step_format_fixed_length',
      format: { prefix: null, fixedLength: 4 },
    });
  });

  it('recognizes both together', () => {
    const suggestion = suggestNameFormat(['ckpt_00000005', 'ckpt_00000010']);
    assert.equal(suggestion?.option, 'step_prefix and step_format_fixed_length');
    assert.deepEqual(suggestion?.format, { prefix: 'ckpt', fixedLength: 8 });
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
      fc.property(nameFormats, fc.uniqueArray(steps, { minLength: 1 }), (format, numbers) => {
        const names = numbers.map((step) => buildStepName(format, step));
        const suggestion = suggestNameFormat(names);
        assert.ok(suggestion);
        assert.equal(suggestion.count, names.length);
        for (const [index, name] of names.entries())
          assert.equal(parseStepName([suggestion.format], name)?.step, numbers[index]);
      }),
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
