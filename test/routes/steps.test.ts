import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { StepListQuery } from '../../src/engine/engine.js';
import { stepDocument } from './support/documents.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

async function listServer(t: TestContext) {
  const state = { version: '1', lists: 0, queries: [] as StepListQuery[] };
  const engine = scriptedEngine({
    steps: {
      version: async () => state.version,
      list: async (run, query) => {
        state.lists += 1;
        state.queries.push(query);
        return { run, cursor: state.version, latest_step: 10, items: [stepDocument(10)], next_page: null };
      },
    },
  });
  return { state, ...(await startServer(t, engine)) };
}

describe('the list of steps', () => {
  it('is what the engine lists, by default all finalized steps ascending', async (t) => {
    const { api, state } = await listServer(t);
    const { body } = await api
      .get('/steps')
      .expect(200)
      .expect('Content-Type', 'application/json; charset=utf-8');
    assert.deepEqual(body.items, [stepDocument(10)]);
    const defaults = { min: null, max: null, order: 'asc', state: 'finalized', limit: 1000, page: null };
    assert.deepEqual(state.queries, [defaults]);
  });

  it('passes every parameter on', async (t) => {
    const { api, state } = await listServer(t);
    await api.get('/steps?min=1&max=2&order=desc&state=all&limit=3&page=p').expect(200);
    assert.deepEqual(state.queries, [{ min: 1, max: 2, order: 'desc', state: 'all', limit: 3, page: 'p' }]);
  });

  for (const query of ['limit=0', 'limit=10001', 'order=up', 'state=done', 'min=-1', 'page=']) {
    it(`is refused with ${query}`, async (t) => {
      const { api } = await listServer(t);
      await api.get(`/steps?${query}`).expect(400);
    });
  }

  it('is made once per version and query', async (t) => {
    const { api, state } = await listServer(t);
    await api.get('/steps');
    await api.get('/steps');
    assert.equal(state.lists, 1);
    await api.get('/steps?order=desc');
    assert.equal(state.lists, 2);
    state.version = '2';
    const { body } = await api.get('/steps');
    assert.equal(state.lists, 3);
    assert.equal(body.cursor, '2');
  });

  it('is 304 without a body for a client that has it, and 200 once it changed', async (t) => {
    const { api, state } = await listServer(t);
    const etag = (await api.get('/steps')).headers['etag'] ?? '';
    assert.match(etag, /^"[\w-]+"$/);
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await api.get('/steps').set('If-None-Match', header).expect(304);
      assert.equal(answer.text, '');
      assert.equal(answer.headers['etag'], etag);
      assert.ok(answer.headers['x-request-id']);
      assert.equal(answer.headers['cache-control'], 'no-cache');
    }
    await api.get('/steps').set('If-None-Match', '"other"').expect(200);
    state.version = '2';
    await api.get('/steps').set('If-None-Match', etag).expect(200);
  });

  it('answers HEAD with the headers of GET', async (t) => {
    const { api } = await listServer(t);
    const { headers } = await api.get('/steps');
    const head = await api.head('/steps').expect(200);
    assert.equal(head.headers['etag'], headers['etag']);
    assert.equal(head.headers['content-length'], headers['content-length']);
  });
});

describe('a step', () => {
  it('is asked for by number or as latest', async (t) => {
    const asked: unknown[] = [];
    const engine = scriptedEngine({
      steps: {
        get: async (run, step) => {
          asked.push([run, step]);
          return stepDocument(10);
        },
      },
    });
    const { api } = await startServer(t, engine);
    assert.deepEqual((await api.get('/steps/10?run=other')).body, stepDocument(10));
    await api.get('/steps/latest').expect(200);
    assert.deepEqual(asked, [
      ['other', 10],
      ['r', 'latest'],
    ]);
  });
});
