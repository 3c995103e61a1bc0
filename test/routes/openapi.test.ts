import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { describeApi } from '../../scripts/describe-api.js';
import { ERROR_STATUS } from '../../src/engine/errors.js';
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

  it('is what the routes say; if not: node dist/scripts/write-openapi.js', async () => {
    assert.equal(committed, await describeApi());
  });

  it('has every call of the contract', () => {
    assert.deepEqual(operations.map(([name]) => name).sort(), [
      'delete /consumers/{consumer}',
      'delete /leases/{id}',
      'delete /runs/{run}',
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
      'put /consumers/{consumer}',
      'put /runs/{run}',
    ]);
  });

  it('names and explains every call, and every parameter with an example', () => {
    const ids = operations.map(([, operation]) => operation.operationId);
    assert.equal(new Set(ids).size, operations.length);
    for (const [name, operation] of operations) {
      assert.ok(operation.operationId && operation.summary && operation.description, name);
      assert.equal(operation.tags?.length, 1, name);
      for (const parameter of operation.parameters ?? []) {
        assert.ok(parameter.description, `${name} ${parameter.name}`);
        assert.notEqual(parameter.example, undefined, `${name} ${parameter.name}`);
      }
      assert.ok(operation.responses['400'] && operation.responses['500'], name);
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

  it('refers to nothing that it does not have', () => {
    const { schemas } = parse(committed).components;
    for (const [, name = ''] of committed.matchAll(/\$ref: "?#\/components\/schemas\/(\w+)"?/g)) {
      assert.ok(name in schemas, name);
    }
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
