import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Caller, LeaseListQuery } from '../../src/engine/engine.js';
import { leaseDocument } from './support/documents.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

const lease = leaseDocument('ls_1');
const { id: _, ...publicLease } = lease;

describe('granting a lease', () => {
  it('answers 201 with its location, and passes the idempotency key on', async (t) => {
    const callers: Caller[] = [];
    const engine = scriptedEngine({
      leases: {
        grant: async (_run, _request, caller) => {
          callers.push(caller);
          return { granted: true, replayed: false, lease };
        },
      },
    });
    const { api } = await startServer(t, engine);
    const answer = await api.post('/leases').set('Idempotency-Key', 'k~1').send({ step: 10 }).expect(201);
    assert.equal(answer.headers['location'], '/leases/ls_1');
    assert.deepEqual(answer.body, lease);
    await api.post('/leases').expect(201);
    assert.deepEqual(
      callers.map(({ idempotencyKey }) => idempotencyKey),
      ['k~1', null],
    );
    assert.equal(callers[0]?.name, callers[1]?.name);
  });

  it('answers 200 when the key gave the lease before', async (t) => {
    const engine = scriptedEngine({
      leases: { grant: async () => ({ granted: true, replayed: true, lease }) },
    });
    const { api } = await startServer(t, engine);
    const answer = await api.post('/leases').set('Idempotency-Key', 'k').expect(200);
    assert.deepEqual(answer.body, lease);
    assert.equal(answer.headers['location'], undefined);
  });

  it('answers 200 without a lease when the wait ended without a step', async (t) => {
    const wait = {
      kind: 'wait',
      run: 'r',
      satisfied: false,
      step: -1,
      reason: 'timeout',
      cursor: 'c',
      waited: 0,
      timeout: 0,
      detail: 'none',
    } as const;
    const engine = scriptedEngine({ leases: { grant: async () => ({ granted: false, wait }) } });
    const { api } = await startServer(t, engine);
    assert.deepEqual((await api.post('/leases').send({ timeout: 0 }).expect(200)).body, wait);
  });
});

describe('a lease', () => {
  it('is shown, renewed with or without a TTL, and released', async (t) => {
    const calls: unknown[] = [];
    const engine = scriptedEngine({
      leases: {
        get: async () => lease,
        renew: async (id, ttlMs) => {
          calls.push([id, ttlMs]);
          return lease;
        },
        release: async (id) => {
          calls.push([id]);
        },
      },
    });
    const { api } = await startServer(t, engine);
    assert.deepEqual((await api.get('/leases/ls_1').expect(200)).body, lease);
    await api.post('/leases/ls_1/renew').expect(200);
    await api.post('/leases/ls_1/renew').send({ ttl: 1.5 }).expect(200);
    await api.delete('/leases/ls_1').expect(204);
    assert.deepEqual(calls, [['ls_1', null], ['ls_1', 1_500], ['ls_1']]);
  });

  it('is listed by state and step, by default the active ones of all runs', async (t) => {
    const queries: LeaseListQuery[] = [];
    const engine = scriptedEngine({
      leases: {
        list: async (query) => {
          queries.push(query);
          return { items: [publicLease], next_page: null };
        },
      },
    });
    const { api } = await startServer(t, engine);
    assert.deepEqual((await api.get('/leases').expect(200)).body, { items: [publicLease], next_page: null });
    await api.get('/leases?run=r&state=expired&step=3&limit=2&page=p').expect(200);
    await api.get('/leases?state=pending').expect(400);
    assert.deepEqual(queries, [
      { run: null, state: 'active', step: null, limit: 1000, page: null },
      { run: 'r', state: 'expired', step: 3, limit: 2, page: 'p' },
    ]);
  });

  it('is broken by its number', async (t) => {
    const calls: unknown[] = [];
    const engine = scriptedEngine({
      leases: {
        breakLease: async (number, reason) => {
          calls.push([number, reason]);
          return publicLease;
        },
      },
    });
    const { api } = await startServer(t, engine);
    await api.post('/leases/break').send({ number: 118, reason: 'full disk' }).expect(200);
    await api.post('/leases/break').send({}).expect(400);
    await api.post('/leases/break').send({ number: 0 }).expect(400);
    assert.deepEqual(calls, [[118, 'full disk']]);
  });
});
