import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineError, ERROR_STATUS, type ErrorCode } from '../../src/engine/errors.js';
import { toProblem } from '../../src/routes/edge/problem.js';
import type { FailedRequest } from '../../src/routes/settings.js';
import { sendRaw } from './support/raw-http.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

const failing = (error: unknown) => scriptedEngine({ leases: { get: () => Promise.reject(error) } });

describe('an error of the engine', () => {
  it('is a problem document with the fields of RFC 9457 and the code', async (t) => {
    const error = new EngineError('cursor_expired', 'cursor c1 is too old', {
      hint: 'go on',
      fields: { cursor: 'c9' },
    });
    const { api } = await startServer(t, failing(error));
    const answer = await api.get('/leases/x').set('X-Request-Id', 'mine').expect(410);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    // `application/problem+json` is parsed by supertest as JSON.
    assert.deepEqual(answer.body, {
      type: 'about:blank',
      title: 'Gone',
      status: 410,
      detail: 'cursor c1 is too old',
      code: 'cursor_expired',
      request_id: 'mine',
      hint: 'go on',
      cursor: 'c9',
    });
  });

  it('cannot replace a standard field by an extension', () => {
    const error = new EngineError('not_found', 'really', {
      fields: { status: 200, detail: 'no', request_id: 'x' },
    });
    const document = JSON.parse(toProblem(error, 'id').body);
    assert.deepEqual([document.status, document.detail, document.request_id], [404, 'really', 'id']);
  });

  // `as`: Object.keys widens the keys of the table to string.
  for (const code of Object.keys(ERROR_STATUS) as ErrorCode[]) {
    it(`with code ${code} has status ${ERROR_STATUS[code]}, and Retry-After where a retry helps`, () => {
      const { status, headers } = toProblem(new EngineError(code, 'x'), 'id');
      assert.equal(status, ERROR_STATUS[code]);
      assert.equal('Retry-After' in headers, status === 429 || status === 503);
    });
  }
});

describe('an error that nobody foresaw', () => {
  it('is 500 internal without its message, which the observer gets', async (t) => {
    const reports: [unknown, FailedRequest][] = [];
    const error = new TypeError('secret');
    const { api } = await startServer(t, failing(error), {
      onInternalError: (cause, request) => reports.push([cause, request]),
    });
    const answer = await api.get('/leases/ls_secret').set('X-Request-Id', 'mine').expect(500);
    assert.equal(answer.body.code, 'internal');
    assert.doesNotMatch(answer.text, /secret/);
    assert.deepEqual(reports, [[error, { requestId: 'mine', method: 'GET', route: '/leases/:id' }]]);
  });

  it('is 500 internal even when it is no Error', async (t) => {
    const { api } = await startServer(t, failing('text'), { onInternalError: () => undefined });
    const { body } = await api.get('/leases/x').expect(500);
    assert.equal(body.code, 'internal');
  });
});

describe('a path', () => {
  it('that is unknown is 404 not_found, for every method and before any body is read', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    for (const send of [api.get, api.post, api.put, api.delete, api.options, api.patch]) {
      const answer = await send('/nothing/here').type('json').send('{').expect(404);
      assert.equal(answer.body.code, 'not_found');
    }
  });

  it('that is known with another method is 405 with Allow', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    const answer = await api.patch('/runs/r?force=true').expect(405);
    assert.equal(answer.body.code, 'method_not_allowed');
    assert.equal(answer.headers['allow'], 'GET, HEAD, PUT, DELETE');
    assert.equal((await api.get('/leases/x/renew').expect(405)).headers['allow'], 'POST');
    assert.equal((await api.head('/wait').expect(405)).headers['allow'], 'GET');
    assert.equal(answer.body.allow, undefined);
  });

  it('with broken percent-encoding is 400, in our words and with our headers', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    const answer = await api.get('/runs/%zz').expect(400);
    assert.equal(answer.body.code, 'invalid_request');
    assert.match(answer.headers['x-request-id'] ?? '', /^.{16}$/);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  });
});

describe('a path below /docs/static', () => {
  const paths = [
    '..%2f',
    '%2e%2e',
    '..',
    '.',
    '%5c',
    '..%5c',
    '%00',
    'a%00b',
    '//',
    'a/../../b',
    '\\',
    '..%00/',
  ];
  const longPath = 'a'.repeat(300);
  for (const path of [...paths, '%2e%2e/'.repeat(40), longPath]) {
    it(`that no file can have is 404 not_found: ${path.slice(0, 20)}`, async (t) => {
      const { port } = await startServer(t, scriptedEngine());
      const answer = await sendRaw(
        port,
        `GET /docs/static/${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1.1 404 /);
      assert.match(answer, /^content-type: application\/problem\+json\r$/im);
      assert.match(answer, /"code":"not_found"/);
    });
  }

  for (const [name, value] of [
    ['Range', 'bytes=999999999-'],
    ['If-Match', '"x"'],
  ] as const) {
    it(`with a header that excludes every answer is 400: ${name}`, async (t) => {
      const { api } = await startServer(t, scriptedEngine());
      const answer = await api.get('/docs/static/index.css').set(name, value).expect(400);
      assert.equal(answer.body.code, 'invalid_request');
    });
  }
});

describe('bytes that are no request', () => {
  const cases: readonly [string, string, number, string][] = [
    ['broken HTTP', 'NOT HTTP\r\n\r\n', 400, 'invalid_request'],
    ['no Host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    ['a request to a proxy', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'invalid_request'],
    [
      'headers too large',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(16_384)}\r\n\r\n`,
      400,
      'invalid_request',
    ],
  ];
  for (const [name, bytes, status, code] of cases) {
    it(`get a problem document with a request id: ${name}`, async (t) => {
      const { port } = await startServer(t, scriptedEngine());
      const answer = await sendRaw(port, bytes);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(answer, /^content-type: application\/problem\+json\r$/im);
      assert.match(answer, /^x-request-id: \S{16}\r$/im);
      assert.match(answer, new RegExp(`"code":"${code}"`));
    });
  }

  it('such as an unknown expectation do not stop a request', async (t) => {
    const { port } = await startServer(t, scriptedEngine());
    const bytes = 'GET /livez HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nConnection: close\r\n\r\n';
    assert.match(await sendRaw(port, bytes), /^HTTP\/1.1 200 OK/);
  });
});

describe('the request id', () => {
  it("is the client's own where it is valid", async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    const answer = await api.get('/livez').set('X-Request-Id', 'Trace.1_a-b');
    assert.equal(answer.headers['x-request-id'], 'Trace.1_a-b');
  });

  for (const id of ['', 'a b', 'x'.repeat(65), 'a<b']) {
    it(`is a new one in place of ${JSON.stringify(id.slice(0, 10))}`, async (t) => {
      const { api } = await startServer(t, scriptedEngine());
      const first = await api.get('/livez').set('X-Request-Id', id);
      const second = await api.get('/livez').set('X-Request-Id', id);
      assert.match(first.headers['x-request-id'] ?? '', /^[A-Za-z0-9_-]{16}$/);
      assert.notEqual(first.headers['x-request-id'], second.headers['x-request-id']);
    });
  }
});

describe('every answer', () => {
  it('forbids sniffing, framing and caching, and does not say what made it', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    for (const path of ['/livez', '/nothing', '/wait?until=x']) {
      const { headers } = await api.get(path);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-powered-by'], undefined);
    }
  });
});
