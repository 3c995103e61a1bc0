import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { WebSocket } from 'ws';
import type { Answer } from '../support/http-client.js';
import { problem, Stage } from './support/stage.js';

/** A refusal says when to come back, and which setting of which value refused. */
function limited(answer: Answer, code: string, setting: string, limit: number): void {
  const body = problem(answer, 429, code);
  assert.deepEqual([body['setting'], body['limit']], [setting, limit]);
  assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
}

test('max_waits and max_waits_per_token bound the requests that wait', async (t) => {
  for (const setting of ['max_waits', 'max_waits_per_token']) {
    const stage = await Stage.set(t, { flags: { [setting]: 1 } });
    const first = stage.get('/wait?run=r&until=7&timeout=60');
    await stage.observed.next('waitStarted');

    limited(await stage.get('/wait?run=r&until=7'), 'too_many_waits', setting, 1);
    limited(await stage.grant({ until: 7 }), 'too_many_waits', setting, 1);
    first.hangUp();
  }
});

test('max_leases, max_leases_per_token and max_leases_per_step bound leases, and a release is never refused', async (t) => {
  for (const setting of ['max_leases', 'max_leases_per_token', 'max_leases_per_step']) {
    const isOfRun = setting === 'max_leases_per_step';
    const stage = await Stage.set(t, isOfRun ? { run: { [setting]: 1 } } : { flags: { [setting]: 1 } });
    await stage.save(100);
    const lease = await stage.lease({ step: 100 });

    limited(await stage.grant({ step: 100 }), 'too_many_leases', setting, 1);
    assert.equal((await stage.renew(lease)).status, 200);
    assert.equal((await stage.release(lease)).status, 204);
    await stage.lease({ step: 100 });
  }
});

test('max_runs and max_runs_per_token bound the runs that clients register', async (t) => {
  for (const setting of ['max_runs', 'max_runs_per_token']) {
    const stage = await Stage.set(t, { flags: { [setting]: 1 } });
    const put = (run: string) =>
      stage.call('PUT', `/runs/${run}`, { body: { directory: stage.beside(run) } });

    limited(await put('b'), 'limit_reached', setting, 1);
    assert.equal((await stage.configure()).status, 200);
    assert.equal((await stage.call('DELETE', '/runs/r')).status, 204);
    assert.equal((await put('b')).status, 201);
  }
});

test('max_consumers and max_consumers_per_token bound the consumers, and an ack is never refused', async (t) => {
  for (const setting of ['max_consumers', 'max_consumers_per_token']) {
    const stage = await Stage.set(t, { flags: { [setting]: 1, max_leases: 1 } });
    await stage.save(100);
    const put = (name: string) => stage.call('PUT', `/consumers/${name}?run=r`, { body: { mode: 'every' } });
    assert.equal((await put('a')).status, 201);
    const delivery = await stage.post('/consumers/a/next?run=r');
    assert.equal(delivery.status, 201);

    limited(await put('b'), 'limit_reached', setting, 1);
    limited(await stage.grant({ step: 100 }), 'too_many_leases', 'max_leases', 1);
    assert.equal((await put('a')).status, 200);
    assert.equal((await stage.post(`/leases/${delivery.body.id}/ack`)).status, 200);
  }
});

test('max_streams and max_streams_per_token bound the event streams; a WebSocket is closed with 1013', async (t) => {
  for (const setting of ['max_streams', 'max_streams_per_token']) {
    const stage = await Stage.set(t, { flags: { [setting]: 1 } });
    const socket = new WebSocket(`${stage.origin.replace('http', 'ws')}/events`);
    t.after(() => socket.terminate());
    await once(socket, 'message');

    const accept = { accept: 'text/event-stream' };
    limited(await stage.call('GET', '/events', { headers: accept }), 'limit_reached', setting, 1);
    const second = new WebSocket(`${stage.origin.replace('http', 'ws')}/events`);
    const [code, reason] = await once(second, 'close');
    assert.deepEqual([code, String(reason)], [1013, 'limit_reached']);
    assert.equal((await stage.get('/events')).status, 200);
  }
});
