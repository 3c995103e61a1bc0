import fc from 'fast-check';
import {
  nameFormatProblem,
  STEP_SEPARATORS,
  type StepNameFormat,
} from '../../src/engine/steps/name-format.js';

/** Prefixes that look like each other and like steps, beside arbitrary ones. */
const prefixes = fc.oneof(
  fc.constantFrom('checkpoint', 'checkpoint_1', 'a', 'a_b', 'a.b', 'a+', '0', '00', '_', '.', '-'),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

export const nameFormats: fc.Arbitrary<StepNameFormat> = fc
  .record({
    prefix: fc.option(prefixes),
    separator: fc.constantFrom(...STEP_SEPARATORS),
    fixedLength: fc.option(fc.integer({ min: 1, max: 16 })),
  })
  .filter((format) => nameFormatProblem(format) === null);

/** Step numbers, small and large ones alike. */
export const steps = fc.oneof(fc.nat({ max: 1200 }), fc.maxSafeNat());

/** Names that are almost step names, beside arbitrary ones. */
export const hostileNames = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        'checkpoint',
        '_',
        '0',
        '1',
        '9',
        '00',
        '٣',
        '²',
        '-',
        '+',
        '.',
        ' ',
        '\n',
        '\0',
        '\ud800',
      ),
    )
    .map((parts) => parts.join('')),
  fc.stringMatching(/^[0-9]{1,40}$/),
);
