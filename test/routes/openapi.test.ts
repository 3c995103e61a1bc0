import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { describeApi } from '../../scripts/describe-api.js';
import { ERROR_STATUS } from '../../src/engine/errors.js';
import type { Json } from '../support/http-client.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { name: string; description?: string; example?: unknown; schema: object }[];
  readonly responses: Readonly<Record<string, { description: string }>>;
}

/** Values that only the server gives out: an example of one would be refused. */
const OPAQUE = new Set(['after', 'id', 'lease', 'page', 'Last-Event-ID']);

/** Every schema of a document with the path to it: whatever has a type, properties or alternatives. */
function* schemasIn(node: Json, path = ''): Generator<[string, Json]> {
  if (typeof node !== 'object' || node === null) return;
  if (['type', 'oneOf', 'anyOf'].some((key) => key in node) && !path.endsWith('properties'))
    yield [path, node];
  for (const [key, value] of Object.entries(node)) {
    if (!/^examples?$/.test(key)) yield* schemasIn(value, path === '' ? key : `${path}.${key}`);
  }
}

// Tests run from the project's root, as npm does.
const committed = await readFile('openapi.yaml', 'utf8');

describe('openapi.yaml', () => {
  let operations: readonly [string, Operation][] = [];
  before(() => {
    const paths: Record<string, Record<string, Operation>> = parse(committed).paths;
    operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method} ${path}`,
        operation,
      ]),
    );
  });

  it('is what the routes say, in 3.1 and in 3.0; if not: node dist/scripts/write-openapi.js', async () => {
    for (const [file, text] of Object.entries(await describeApi())) {
      assert.equal(await readFile(file, 'utf8'), text, file);
    }
  });

  it('has every call of the contract', () => {
    assert.deepEqual(operations.map(([name]) => name).sort(), [
      'delete /consumers/{consumer}',
      'delete /leases/{id}',
      'delete /runs/{run}',
      'delete /session',
      'delete /tokens/{token}',
      'get /consumers',
      'get /consumers/{consumer}',
      'get /consumers/{consumer}/results',
      'get /events',
      'get /leases',
      'get /leases/{id}',
      'get /livez',
      'get /openapi.yaml',
      'get /readyz',
      'get /restore-args',
      'get /runs',
      'get /runs/{run}',
      'get /steps',
      'get /steps/{step}',
      'get /steps/{step}/verify',
      'get /tokens',
      'get /version',
      'get /wait',
      'get /waits',
      'get /waits/summary',
      'post /consumers/{consumer}/next',
      'post /leases',
      'post /leases/break',
      'post /leases/{id}/ack',
      'post /leases/{id}/nack',
      'post /leases/{id}/renew',
      'post /restore-args',
      'post /runs/{run}/finish',
      'post /runs/{run}/reopen',
      'post /session',
      'post /snapshots/{id}/retry',
      'post /tokens',
      'put /consumers/{consumer}',
      'put /runs/{run}',
    ]);
  });

  it('names and explains every call, and every parameter with an example where one can be sent anywhere', () => {
    const ids = operations.map(([, operation]) => operation.operationId);
    assert.equal(new Set(ids).size, operations.length);
    for (const [name, operation] of operations) {
      assert.ok(operation.operationId && operation.summary && operation.description, name);
      assert.equal(operation.tags?.length, 1, name);
      for (const parameter of operation.parameters ?? []) {
        assert.ok(parameter.description, `${name} ${parameter.name}`);
        assert.equal(
          parameter.example === undefined,
          OPAQUE.has(parameter.name),
          `${name} ${parameter.name}`,
        );
      }
      assert.ok(
        operation.responses['400'] && operation.responses['500'] && operation.responses['default'],
        name,
      );
    }
  });

  it('has a name for every object, since generators would invent one', () => {
    for (const [path, schema] of schemasIn(parse(committed))) {
      const isModel = /^components\.schemas\.\w+$/.test(path);
      assert.ok(isModel || !('properties' in schema) || schema.title, path);
    }
  });

  it('says how wide every number is', () => {
    for (const [path, { type, format, maximum }] of schemasIn(parse(committed))) {
      const types = [type].flat();
      if (types.includes('number')) assert.equal(format, 'double', path);
      if (!types.includes('integer')) continue;
      assert.equal(format, Number(maximum) < 2 ** 31 ? 'int32' : 'int64', path);
    }
  });

  it('has a discriminator for every union of models, and no constant that is not a string', () => {
    const { schemas } = parse(committed).components;
    for (const [path, { oneOf, anyOf, discriminator, const: constant }] of schemasIn(parse(committed))) {
      assert.equal(constant, undefined, path);
      const models = [oneOf, anyOf].flat().filter((part) => part?.$ref !== undefined);
      if (models.length < 2) continue;
      for (const [value, reference] of Object.entries(discriminator.mapping)) {
        assert.ok(
          models.some(({ $ref }) => $ref === reference),
          path,
        );
        const { properties } = schemas[String(reference).split('/').at(-1) ?? ''];
        assert.deepEqual(properties[discriminator.propertyName].enum, [value], path);
      }
    }
  });

  it('has a letter or digit in every value of an enum, so that generators can name it', () => {
    for (const [path, { enum: values = [] }] of schemasIn(parse(committed))) {
      for (const value of values) assert.match(value, /[a-z0-9]/i, path);
    }
  });

  it('has no null for a default, which generators take for a text', () => {
    assert.doesNotMatch(committed, /default: null/);
  });

  it('says of every call which scope it needs, and that a token gives it', () => {
    const { paths, components } = parse(committed);
    assert.equal(components.securitySchemes.bearer.scheme, 'bearer');
    const operations = Object.values<Json>(paths).flatMap((path) => Object.values<Json>(path));
    for (const operation of operations) {
      const { operationId, security, responses, 'x-required-scope': scope } = operation;
      assert.match(scope, /^(none|read|lease|admin)$/, operationId);
      assert.deepEqual(security, scope === 'none' ? [] : [{ bearer: [] }, { cookie: [] }], operationId);
      assert.equal('401' in responses, scope !== 'none', operationId);
    }
  });

  it('has the closed catalogue of codes, each under its status', () => {
    const document = parse(committed);
    assert.deepEqual(
      document.components.schemas.Problem.properties.code.enum,
      Object.keys(ERROR_STATUS).sort(),
    );
    const statuses: Readonly<Record<string, number>> = ERROR_STATUS;
    for (const [name, { responses }] of operations) {
      for (const [status, { description }] of Object.entries(responses).filter(
        ([given]) => Number(given) >= 400,
      )) {
        for (const [, code = ''] of description.matchAll(/`(\w+)`/g)) {
          assert.equal(String(statuses[code]), status, `${name} ${code}`);
        }
      }
    }
  });

  it('refers to nothing that it does not have, and has nothing that is not referred to', () => {
    const { schemas } = parse(committed).components;
    const references = [...committed.matchAll(/(?:\$ref|lease|wait): "#\/components\/schemas\/(\w+)"/g)];
    assert.deepEqual([...new Set(references.map(([, name]) => name))].sort(), Object.keys(schemas));
    assert.equal(committed.match(/\$ref: (?!"#\/components\/schemas\/)/g), null);
  });

  it('is served', async (t) => {
    const { url } = await startServer(t, scriptedEngine());
    const answer = await fetch(`${url}/openapi.yaml`);
    assert.equal(answer.headers.get('content-type'), 'application/yaml');
    assert.equal(await answer.text(), committed);
  });
});

describe('/docs', () => {
  it('is a page that loads everything from this server, as its policy allows', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    for (const page of ['/docs', '/docs/']) {
      const { text, headers } = await api.get(page).expect(200);
      assert.match(headers['content-type'] ?? '', /^text\/html/);
      assert.match(headers['content-security-policy'] ?? '', /^default-src 'self';/);
      assert.doesNotMatch(headers['content-security-policy'] ?? '', /upgrade-insecure-requests/);
      assert.doesNotMatch(text, /<script>|https?:|style="/);
      const assets = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
      assert.ok(assets.length >= 5);
      for (const asset of assets) {
        const answer = await api.get(new URL(asset, `http://x${page}`).pathname).expect(200);
        assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      }
    }
    const { body } = await api.get('/docs/json').expect(200);
    assert.equal(body.openapi, '3.1.0');
  });

  it('has nothing else: 404 not_found', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    for (const path of ['/docs/static/nothing.js', '/docs/static/..%2f..%2fpackage.json', '/docs/nothing']) {
      assert.equal((await api.get(path).expect(404)).body.code, 'not_found');
    }
  });
});
