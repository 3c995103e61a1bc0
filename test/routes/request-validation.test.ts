import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { GrantRequest, WaitRequest } from '../../src/engine/engine.js';
import { EngineError } from '../../src/engine/errors.js';
import type { RunOptions } from '../../src/engine/runs/run-options.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

const STOP = new EngineError('lease_not_found', 'the script ends here');

/** A server whose engine notes what reaches it and then answers 404 lease_not_found. */
async function recordingServer(t: TestContext) {
  const seen: { wait?: WaitRequest; grant?: GrantRequest; options?: Partial<RunOptions> } = {};
  const engine = scriptedEngine({
    waits: {
      wait: (_run, request) => {
        seen.wait = request;
        return Promise.reject(STOP);
      },
    },
    leases: {
      grant: (_run, request) => {
        seen.grant = request;
        return Promise.reject(STOP);
      },
    },
    runs: {
      resolve: (name) => name ?? 'r',
      put: (_name, _directory, options) => {
        seen.options = options;
        return Promise.reject(STOP);
      },
    },
  });
  return { seen, ...(await startServer(t, engine)) };
}

describe('a query parameter', () => {
  it('that breaks its rule is refused with the value and the rule', async (t) => {
    const { api } = await recordingServer(t);
    const answer = await api.get('/wait?until=1.5').expect(400);
    assert.equal(answer.body.code, 'invalid_request');
    assert.equal(
      answer.body.detail,
      'query parameter "until" is "1.5": it must be an integer from 0 to 9007199254740991',
    );
    assert.equal(answer.body.hint, 'for example ?until=12000');
  });

  const refused = [
    'until=-1',
    'until=1e3',
    'until=',
    'until=%205',
    'until=1152921504606846976',
    'until=five',
    'until=1&until=2',
    'timeout=-1',
    'timeout=1e3',
    'timeout=NaN',
    'timeout=Infinity',
    'timeout=',
    'timeout=99999999h',
    'timeout=1&timeout=2',
    'wait_id=',
    'untill=5',
    '__proto__=1',
    'constructor=1',
  ];
  for (const query of refused) {
    it(`is refused as ${query}`, async (t) => {
      const { api, seen } = await recordingServer(t);
      const answer = await api.get(`/wait?${query}`).expect(400);
      assert.equal(answer.body.code, 'invalid_request');
      assert.equal(seen.wait, undefined);
    });
  }

  it('that is unknown is refused with the list of those allowed', async (t) => {
    const { api } = await recordingServer(t);
    const answer = await api.get('/wait?untill=5').expect(400);
    assert.equal(answer.body.detail, 'query parameter "untill" is not known: it must be left out');
    assert.equal(answer.body.hint, 'allowed query parameters: run, until, timeout, after, wait_id');
  });

  it('reaches the engine as a value', async (t) => {
    const { api, seen } = await recordingServer(t);
    await api.get('/wait?until=12&timeout=1.5m&after=c1&wait_id=w');
    assert.deepEqual(seen.wait, { until: 12, timeoutMs: 90_000, after: 'c1', waitId: 'w' });
  });

  it('that is left out reaches the engine as null', async (t) => {
    const { api, seen } = await recordingServer(t);
    await api.get('/wait');
    assert.deepEqual(seen.wait, { until: null, timeoutMs: null, after: null, waitId: null });
  });
});

describe('a body field', () => {
  const refused: readonly object[] = [
    { until: '5' },
    { until: 1.5 },
    { until: -1 },
    { until: 2 ** 53 },
    { until: null },
    { step: 'newest' },
    { step: [1] },
    { step: 1, until: 2 },
    { timeout: '30s' },
    { timeout: -0.5 },
    { timeout: 1e12 },
    { ttl: 0.5 },
    { ttl: true },
    { holder: 'x'.repeat(129) },
    { holder: 5 },
    { labels: { a: 1 } },
    { labels: { a: { b: 'c' } } },
    { labels: ['a'] },
    { ignore_snapshot_errors: 'true' },
    { unknown: 1 },
  ];
  for (const body of refused) {
    it(`is refused in ${JSON.stringify(body).slice(0, 50)}`, async (t) => {
      const { api, seen } = await recordingServer(t);
      const answer = await api.post('/leases').send(body).expect(400);
      assert.equal(answer.body.code, 'invalid_request');
      assert.match(answer.body.detail, /^body field/);
      assert.equal(seen.grant, undefined);
    });
  }

  it('that breaks its rule is named with its path, value and rule', async (t) => {
    const { api } = await recordingServer(t);
    const { body } = await api
      .put('/runs/r')
      .send({ directory: '/c', step_name_formats: [{ step_prefix: 5 }] });
    assert.equal(
      body.detail,
      'body field "step_name_formats.0.step_prefix" is 5: it must be a string of at most 128 characters that matches ^[^/\\u0000]*$ or null',
    );
  });

  it('that is unknown is refused with the list of those allowed', async (t) => {
    const { api } = await recordingServer(t);
    const { body } = await api.post('/runs/r/finish').send({ resaon: 'x' }).expect(400);
    assert.equal(body.detail, 'body field "resaon" is not known: it must be left out');
    assert.equal(body.hint, 'allowed body fields: reason');
  });

  it('that is missing is named', async (t) => {
    const { api } = await recordingServer(t);
    const { body } = await api.put('/runs/r').send({}).expect(400);
    assert.equal(body.detail, 'body field "directory" is missing: it must be given');
  });

  it('beyond the range of numbers is refused', async (t) => {
    const { api } = await recordingServer(t);
    await api.post('/leases').type('json').send('{"timeout":1e999}').expect(400);
  });

  it('nested deeper than the stack is refused, not fatal', async (t) => {
    const { api } = await recordingServer(t);
    const deep = `{"step":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    const { body } = await api.post('/leases').type('json').send(deep).expect(400);
    assert.match(body.detail, /"step" is a list/);
  });

  it('of a grant reaches the engine in the units of the engine', async (t) => {
    const { api, seen } = await recordingServer(t);
    await api
      .post('/leases')
      .send({ step: 'latest', timeout: 0.25, ttl: 90, holder: 'h', labels: { a: 'b' } });
    assert.deepEqual(seen.grant, {
      step: 'latest',
      until: null,
      timeoutMs: 250,
      ttlMs: 90_000,
      holder: 'h',
      labels: { a: 'b' },
      ignoreSnapshotErrors: false,
      waitId: null,
    });
  });
});

describe('the options of a run', () => {
  it('reach the engine only as far as they were given', async (t) => {
    const { api, seen } = await recordingServer(t);
    await api.put('/runs/r').send({ directory: '/c', poll_interval: 0.5, min_free_bytes: null });
    assert.deepEqual(seen.options, { pollIntervalMs: 500, minFreeBytes: null });
  });

  it('give one name format as two fields', async (t) => {
    const { api, seen } = await recordingServer(t);
    await api.put('/runs/r').send({ directory: '/c', step_prefix: 'checkpoint' });
    assert.deepEqual(seen.options, {
      stepNameFormats: [{ prefix: 'checkpoint', separator: '_', fixedLength: null }],
    });
  });

  it('give several name formats as a list', async (t) => {
    const { api, seen } = await recordingServer(t);
    const formats = [{ step_prefix: 'a', step_separator: '', step_format_fixed_length: 8 }, {}];
    await api.put('/runs/r').send({ directory: '/c', step_name_formats: formats });
    assert.deepEqual(seen.options, {
      stepNameFormats: [
        { prefix: 'a', separator: '', fixedLength: 8 },
        { prefix: null, separator: '_', fixedLength: null },
      ],
    });
  });

  const refused: readonly object[] = [
    { step_name_formats: [{}], step_prefix: 'a' },
    { step_name_formats: [{}], step_format_fixed_length: null },
    { step_name_formats: [{}], step_separator: '_' },
    { step_name_formats: [] },
    { step_separator: ':' },
    { step_separator: null },
    { commit_marker: 'a/b' },
    { commit_marker: '' },
    { settle: 0 },
    { settle: 3601 },
    { step_name_formats: Array.from({ length: 17 }, () => ({})) },
    { step_prefix: 'a/b' },
    { poll_interval: 0 },
    { poll_interval: 3601 },
    { commit_mode: 'rename' },
    { immutable: 1 },
    { max_leases_per_step: 0 },
    { min_free_bytes: -1 },
    { snapshot_dir: 'relative' },
    { directory: 'relative' },
    { directory: '/a\u0000b' },
  ];
  for (const options of refused) {
    it(`are refused with ${JSON.stringify(options).slice(0, 60)}`, async (t) => {
      const { api, seen } = await recordingServer(t);
      await api
        .put('/runs/r')
        .send({ directory: '/c', ...options })
        .expect(400);
      assert.equal(seen.options, undefined);
    });
  }
});

describe('a path parameter', () => {
  for (const name of ['Upper', '-a', 'a'.repeat(65), 'a%2Fb', '%00', 'a b']) {
    it(`names no new run as ${name.slice(0, 10)}: 400`, async (t) => {
      const { api } = await recordingServer(t);
      const { body } = await api.put(`/runs/${name}`).send({ directory: '/c' }).expect(400);
      assert.equal(body.code, 'invalid_request');
    });

    it(`is an unknown run in a lookup of ${name.slice(0, 10)}: 404`, async (t) => {
      const { api } = await recordingServer(t);
      for (const path of [
        `/runs/${name}`,
        `/steps?run=${name}`,
        `/events?run=${name}`,
        `/leases?run=${name}`,
      ]) {
        const { body } = await api.get(path).expect(404);
        assert.equal(body.code, 'run_not_found');
      }
    });
  }

  for (const step of ['1.5', '-1', 'newest', '9007199254740992', '%20']) {
    it(`is no step as ${step}`, async (t) => {
      const { api } = await recordingServer(t);
      const { body } = await api.get(`/steps/${step}`).expect(400);
      assert.match(body.detail, /^path parameter "step" is .* it must be an integer .* or "latest"$/);
    });
  }
});

describe('an Idempotency-Key', () => {
  for (const key of ['', 'with space', 'x'.repeat(256), 'sn\u00f6']) {
    it(`is refused as ${JSON.stringify(key.slice(0, 12))}`, async (t) => {
      const { api } = await recordingServer(t);
      const { body } = await api.post('/leases').set('Idempotency-Key', key).expect(400);
      assert.match(body.detail, /^header "Idempotency-Key"/);
    });
  }
});
