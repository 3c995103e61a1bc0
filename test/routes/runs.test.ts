import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunListQuery } from '../../src/engine/engine.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

// `as never`: the documents are passed through, so what is in them does not matter here.
const run = { name: 'r', a_new_field: 'kept' } as never;

describe('runs', () => {
  it('are listed page by page, all or those of a directory', async (t) => {
    const asked: RunListQuery[] = [];
    const engine = scriptedEngine({
      runs: {
        list: async (query) => {
          asked.push(query);
          return { items: [run], next_page: 'r' };
        },
      },
    });
    const { api } = await startServer(t, engine);
    const { body } = await api.get('/runs').expect(200);
    await api.get('/runs?directory=/ckpts/r&limit=5&page=q').expect(200);
    assert.deepEqual(body, { items: [run], next_page: 'r' });
    assert.deepEqual(asked, [
      { directory: null, limit: 1_000, page: null },
      { directory: '/ckpts/r', limit: 5, page: 'q' },
    ]);
  });

  it('are 201 when new and 200 when known', async (t) => {
    let created = true;
    const engine = scriptedEngine({ runs: { put: async () => ({ created, run }) } });
    const { api } = await startServer(t, engine);
    assert.deepEqual((await api.put('/runs/r').send({ directory: '/c' }).expect(201)).body, run);
    created = false;
    await api.put('/runs/r').send({ directory: '/c' }).expect(200);
  });

  it('are removed, by force only when it is said so', async (t) => {
    const removed: [string, boolean][] = [];
    const engine = scriptedEngine({
      runs: {
        remove: async (name, force) => {
          removed.push([name, force]);
        },
      },
    });
    const { api } = await startServer(t, engine);
    assert.equal((await api.delete('/runs/r').expect(204)).text, '');
    await api.delete('/runs/r?force=true').expect(204);
    await api.delete('/runs/r?force=false').expect(204);
    await api.delete('/runs/r?force=1').expect(400);
    assert.deepEqual(removed, [
      ['r', false],
      ['r', true],
      ['r', false],
    ]);
  });

  it('are finished with a reason and reopened', async (t) => {
    const calls: unknown[] = [];
    const engine = scriptedEngine({
      runs: {
        finish: async (name, reason) => {
          calls.push([name, reason]);
          return run;
        },
        reopen: async (name) => {
          calls.push([name]);
          return run;
        },
      },
    });
    const { api } = await startServer(t, engine);
    await api.post('/runs/r/finish').send({ reason: 'done' }).expect(200);
    await api.post('/runs/r/reopen').expect(200);
    assert.deepEqual(calls, [['r', 'done'], ['r']]);
  });
});
