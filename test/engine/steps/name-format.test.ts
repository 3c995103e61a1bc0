import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  buildStepName,
  nameFormatProblem,
  parseStepName,
  parseTemporaryStepName,
  type StepNameFormat,
} from '../../../src/engine/steps/name-format.js';
import { hostileNames, nameFormats, steps } from '../../support/name-formats.js';

const plain: StepNameFormat = { prefix: null, separator: '_', fixedLength: null };
const padded: StepNameFormat = { ...plain, fixedLength: 4 };
const prefixed: StepNameFormat = { ...plain, prefix: 'checkpoint' };

describe('parseStepName', () => {
  const cases: [name: string, format: StepNameFormat, step: number | null][] = [
    ['0', plain, 0],
    ['120', plain, 120],
    ['9007199254740991', plain, Number.MAX_SAFE_INTEGER],
    ['9007199254740992', plain, null],
    ['99999999999999999999', plain, null],
    ['', plain, null],
    ['00', plain, null],
    ['007', plain, null],
    ['-1', plain, null],
    ['+1', plain, null],
    ['1e3', plain, null],
    ['1.0', plain, null],
    [' 1', plain, null],
    ['1\n', plain, null],
    ['١', plain, null],
    ['checkpoint_1', plain, null],
    ['1.orbax-checkpoint-tmp', plain, null],
    ['0000', padded, 0],
    ['0120', padded, 120],
    ['1200', padded, 1200],
    ['12000', padded, 12000],
    ['120', padded, null],
    ['00120', padded, null],
    ['checkpoint_0', prefixed, 0],
    ['checkpoint_12', prefixed, 12],
    ['checkpoint_012', prefixed, null],
    ['checkpoint_', prefixed, null],
    ['checkpoint12', prefixed, null],
    ['Checkpoint_12', prefixed, null],
    ['my_checkpoint_12', prefixed, null],
    ['12', prefixed, null],
    ['step-100', { ...plain, prefix: 'step', separator: '-' }, 100],
    ['step_100', { ...plain, prefix: 'step', separator: '-' }, null],
    ['step--100', { ...plain, prefix: 'step', separator: '-' }, null],
    ['step.007', { prefix: 'step', separator: '.', fixedLength: 3 }, 7],
    ['global_step500', { ...plain, prefix: 'global_step', separator: '' }, 500],
    ['global_step_500', { ...plain, prefix: 'global_step', separator: '' }, null],
  ];
  for (const [name, format, step] of cases)
    it(`reads ${JSON.stringify(name)} as ${step} with ${JSON.stringify(format)}`, () => {
      assert.equal(parseStepName([format], name)?.step ?? null, step);
    });

  it('takes a prefix literally, where Orbax takes it as a pattern', () => {
    assert.equal(parseStepName([{ ...plain, prefix: 'a.b' }], 'axb_1'), null);
    for (const prefix of ['a.b', 'a+', '(a', 'a|b'])
      assert.equal(parseStepName([{ ...plain, prefix }], `${prefix}_1`)?.step, 1);
  });

  it('lets the earlier of two formats win, and says which', () => {
    assert.deepEqual(parseStepName([plain, padded], '1200'), { step: 1200, formatIndex: 0 });
    assert.deepEqual(parseStepName([padded, plain], '1200'), { step: 1200, formatIndex: 0 });
    assert.deepEqual(parseStepName([plain, padded], '0012'), { step: 12, formatIndex: 1 });
    assert.equal(parseStepName([], '12'), null);
  });

  it('reads back every name that buildStepName makes', () => {
    fc.assert(
      fc.property(nameFormats, steps, (format, step) => {
        assert.deepEqual(parseStepName([format], buildStepName(format, step)), { step, formatIndex: 0 });
      }),
    );
  });

  it('knows one name per step and format: whatever it reads is built again from the number', () => {
    fc.assert(
      fc.property(nameFormats, hostileNames, (format, tail) => {
        for (const name of [tail, `${format.prefix}_${tail}`]) {
          const parsed = parseStepName([format], name);
          if (parsed !== null) assert.equal(buildStepName(format, parsed.step), name);
        }
      }),
    );
  });

  it('never reads one name as two different steps, whatever the two formats', () => {
    fc.assert(
      fc.property(nameFormats, nameFormats, steps, (one, other, step) => {
        const read = parseStepName([other], buildStepName(one, step));
        if (read !== null) assert.equal(read.step, step);
      }),
    );
  });
});

describe('parseTemporaryStepName', () => {
  it('reads the step that a temporary directory is written for', () => {
    assert.equal(parseTemporaryStepName([plain], '12.orbax-checkpoint-tmp'), 12);
    assert.equal(parseTemporaryStepName([prefixed], 'checkpoint_12.orbax-checkpoint-tmp-1700000000'), 12);
  });

  it('gives null for final names and for temporary directories of something else', () => {
    for (const name of [
      '12',
      '.orbax-checkpoint-tmp',
      'eval.orbax-checkpoint-tmp',
      '012.orbax-checkpoint-tmp-1',
    ])
      assert.equal(parseTemporaryStepName([plain], name), null, name);
  });

  it('never throws, and never takes the same name for a final one', () => {
    fc.assert(
      fc.property(fc.array(nameFormats), hostileNames, (formats, name) => {
        const temporary = `${name}.orbax-checkpoint-tmp`;
        assert.equal(parseTemporaryStepName(formats, temporary), parseStepName(formats, name)?.step ?? null);
        assert.equal(parseStepName(formats, temporary), null);
      }),
    );
  });
});

describe('buildStepName', () => {
  it('pads to the fixed length and never cuts', () => {
    assert.equal(buildStepName(padded, 7), '0007');
    assert.equal(buildStepName(padded, 12345), '12345');
    assert.equal(buildStepName({ ...prefixed, fixedLength: 8 }, 5), 'checkpoint_00000005');
  });

  for (const step of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
    it(`refuses ${step}`, () => {
      assert.throws(() => buildStepName(plain, step), RangeError);
    });
});

describe('nameFormatProblem', () => {
  it('accepts what Orbax users write', () => {
    for (const prefix of [null, 'checkpoint', 'my-run.v2', 'a_b', 'モデル', 'p'.repeat(200)])
      for (const fixedLength of [null, 1, 8, 16])
        assert.equal(nameFormatProblem({ ...plain, prefix, fixedLength }), null);
  });

  for (const prefix of [
    '',
    'a/b',
    'a\0b',
    '\ud800',
    'p'.repeat(201),
    'é'.repeat(101),
    'a.orbax-checkpoint-tmp',
  ])
    it(`names step_prefix for ${JSON.stringify(prefix.slice(0, 30))} of ${prefix.length} characters`, () => {
      assert.match(nameFormatProblem({ ...plain, prefix }) ?? '', /^step_prefix /);
    });

  for (const [prefix, separator, remedy] of [
    ['step_', '_', 'set it to "step"'],
    ['step--', '-', 'set it to "step"'],
    ['_', '_', 'leave it out'],
  ] as const)
    it(`says what to set instead of ${JSON.stringify(prefix)}, which ends in the separator`, () => {
      const problem = nameFormatProblem({ ...plain, prefix, separator }) ?? '';
      assert.match(problem, /^step_prefix must not end in step_separator/);
      assert.ok(problem.includes(remedy), problem);
    });

  it('accepts a prefix that ends in another separator, and any with none', () => {
    for (const format of [
      { ...plain, prefix: 'step-' },
      { ...plain, prefix: 'step_', separator: '' },
    ] as const)
      assert.equal(nameFormatProblem(format), null);
  });

  it('wants a prefix for a separator', () => {
    assert.match(nameFormatProblem({ ...plain, separator: '-' }) ?? '', /^step_separator .* step_prefix/);
  });

  for (const fixedLength of [0, -1, 17, 1.5, Number.NaN])
    it(`names step_format_fixed_length for ${fixedLength}`, () => {
      assert.match(nameFormatProblem({ ...plain, fixedLength }) ?? '', /^step_format_fixed_length /);
    });
});
