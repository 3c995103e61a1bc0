import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NamedSchemas } from '../../src/routes/openapi/named-schemas.js';

const inner = { title: 'Inner', type: 'string' };

describe('named schemas', () => {
  it('are listed once, however deep and often they are used', () => {
    const models = new NamedSchemas();
    const outer = {
      title: 'Outer',
      type: 'object',
      properties: { a: inner, b: { type: 'array', items: inner } },
    };

    assert.deepEqual(models.replaceIn([{ schema: outer }, inner]), [
      { schema: { $ref: '#/components/schemas/Outer' } },
      { $ref: '#/components/schemas/Inner' },
    ]);
    const reference = { $ref: '#/components/schemas/Inner' };
    assert.deepEqual(models.all, {
      Inner: { type: 'string' },
      Outer: { type: 'object', properties: { a: reference, b: { type: 'array', items: reference } } },
    });
  });

  it('are not looked for in examples, whose fields may be called title', () => {
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' } },
      examples: [{ title: 'Gone' }],
    };
    assert.deepEqual(new NamedSchemas().replaceIn(schema), schema);
  });

  it('are not looked for in the example of a body, whose lists stay lists', () => {
    const requestBody = { content: { 'application/json': { schema: {}, example: { path: ['w'] } } } };
    assert.deepEqual(new NamedSchemas().replaceIn({ requestBody }), { requestBody });
  });

  it('cannot be two under one name', () => {
    const models = new NamedSchemas();
    models.replaceIn(inner);
    assert.throws(
      () => models.replaceIn({ title: 'Inner', type: 'integer' }),
      /two schemas are called Inner/,
    );
  });
});
