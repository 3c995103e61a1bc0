import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ruleOf } from '../../../src/routes/wire/rule.js';
import { REFUSED, readText } from '../../../src/routes/wire/text-value.js';
import { STEP_FORMAT } from '../../../src/routes/wire/value-schema.js';

const step = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

describe('the text of a parameter', () => {
  it('is an integer when it has digits only', () => {
    assert.equal(readText(step, '0'), 0);
    assert.equal(readText(step, '0012'), 12);
    assert.equal(readText(step, '9007199254740991'), Number.MAX_SAFE_INTEGER);
  });

  for (const text of [
    '',
    ' 5',
    '5 ',
    '1e3',
    '1.0',
    '-1',
    '+1',
    '0x1',
    '5n',
    'five',
    '9007199254740992',
    '1152921504606846976',
    '٥',
  ]) {
    it(`is no integer as ${JSON.stringify(text)}`, () => {
      assert.equal(readText(step, text), REFUSED);
    });
  }

  it('is a boolean as true and false only', () => {
    const values = ['true', 'false', '1', 'True', ''].map((text) => readText({ type: 'boolean' }, text));
    assert.deepEqual(values, [true, false, REFUSED, REFUSED, REFUSED]);
  });

  it('is a list where commas separate allowed items', () => {
    const types = { type: 'array', items: { type: 'string', enum: ['a', 'b'] } };
    assert.deepEqual(readText(types, 'b,a'), ['b', 'a']);
    assert.equal(readText(types, 'a,,b'), REFUSED);
    assert.equal(readText(types, ''), REFUSED);
  });

  it('is a step as a number within bounds or `latest`', () => {
    const stepOrLatest = { ...step, type: 'string', format: STEP_FORMAT };
    assert.equal(readText(stepOrLatest, '9007199254740992'), REFUSED);
    assert.equal(readText(stepOrLatest, '12'), 12);
    assert.equal(readText(stepOrLatest, 'latest'), 'latest');
    assert.equal(readText(stepOrLatest, 'newest'), REFUSED);
  });

  it('keeps to lengths and patterns', () => {
    assert.equal(readText({ type: 'string', minLength: 1 }, ''), REFUSED);
    assert.equal(readText({ type: 'string', maxLength: 2 }, 'abc'), REFUSED);
    assert.equal(readText({ type: 'string', pattern: '^[a-z]+$' }, 'aB'), REFUSED);
    assert.equal(readText({ type: 'string', pattern: '^[a-z]+$' }, 'ab'), 'ab');
  });
});

describe('a rule in words', () => {
  const rules: readonly [string, Parameters<typeof ruleOf>[0]][] = [
    ['an integer from 0 to 9007199254740991', step],
    ['an integer from 0 to 9007199254740991 or "latest"', { ...step, type: 'string', format: STEP_FORMAT }],
    ['one of "asc", "desc"', { type: 'string', enum: ['asc', 'desc'] }],
    ['a number of at least 1', { type: 'number', minimum: 1 }],
    ['a string of at most 128 characters or null', { type: ['string', 'null'], maxLength: 128 }],
    ['true or false', { type: 'boolean' }],
    ['a list of 1 to 16 items', { type: 'array', minItems: 1, maxItems: 16 }],
    ['a JSON object', { type: 'object' }],
  ];
  for (const [words, schema] of rules) {
    it(`says ${words}`, () => assert.equal(ruleOf(schema), words));
  }
});
