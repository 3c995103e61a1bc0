import assert from 'node:assert/strict';
import test from 'node:test';
import { toOpenapi30 } from '../../scripts/openapi-3.0.js';

const cases: readonly [string, object, object][] = [
  [
    'a type or null is a nullable type',
    { type: ['string', 'null'], maxLength: 8 },
    { type: 'string', nullable: true, maxLength: 8 },
  ],
  [
    'a model or null is a nullable object that has all of the model',
    { anyOf: [{ $ref: '#/components/schemas/Step' }, { type: 'null' }] },
    { type: 'object', nullable: true, allOf: [{ $ref: '#/components/schemas/Step' }] },
  ],
  [
    'the first example is the example',
    { type: 'integer', examples: [1, 2] },
    { type: 'integer', example: 1 },
  ],
  [
    'a property may be called like a keyword',
    { properties: { type: { type: 'string' }, examples: { type: 'string' } } },
    { properties: { type: { type: 'string' }, examples: { type: 'string' } } },
  ],
  ['examples stay as they are', { example: { type: ['a', 'null'] } }, { example: { type: ['a', 'null'] } }],
  ['names of properties are not restricted', { propertyNames: { maxLength: 3 } }, {}],
];
for (const [name, schema, expected] of cases) {
  test(`in OpenAPI 3.0 ${name}`, () => {
    assert.deepEqual(toOpenapi30({ schema }), { openapi: '3.0.3', schema: expected });
  });
}

test('what OpenAPI 3.0 cannot say is an error, not a guess', () => {
  assert.throws(() => toOpenapi30({ schema: { type: ['string', 'integer'] } }), /OpenAPI 3.0 has no type/);
});
