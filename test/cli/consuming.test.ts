import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import test, { type TestContext } from 'node:test';
import type { Json } from '../support/http-client.js';
import { patient, runCommand } from './command-line.js';
import { stranger } from './stranger.js';

const LEASE = {
  id: 'ls_1',
  number: 1,
  run: 'r',
  step: 7,
  state: 'active',
  holder: null,
  path: '/snapshots/7',
  snapshot: true,
  ttl: 60,
  ttl_remaining: 60,
  renew_after: 20,
  granted_at: '2026-11-24T12:00:00.000Z',
  delivery: { consumer: 'mmlu', attempt: 1 },
};
const CONSUMER = {
  name: 'mmlu',
  run: 'r',
  mode: 'every',
  last_acked_step: 6,
  pending: [8],
  in_flight: [{ step: 7, number: 1, attempt: 2, holder: 'eval-3' }],
  parked: [{ step: 3, attempts: 5 }],
  lag: 2,
  last_error: null,
};

interface Request {
  readonly call: string;
  readonly body: Json;
}

/** Answers by method and path, and keeps what was asked. */
async function script(
  t: TestContext,
  answers: Readonly<Record<string, Json>>,
): Promise<{ origin: string; requests: readonly Request[] }> {
  const requests: Request[] = [];
  const origin = await stranger(t, async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const call = `${request.method} ${request.url}`;
    const text = Buffer.concat(chunks).toString();
    requests.push({ call, body: text === '' ? null : JSON.parse(text) });
    const { status = 200, ...document } = answers[call] ?? { status: 404, code: 'not_found', detail: call };
    response.writeHead(status).end(status === 204 ? undefined : JSON.stringify({ status, ...document }));
  });
  return { origin, requests };
}

const NEXT = 'POST /consumers/mmlu/next?run=r';
const GRANTING = {
  [NEXT]: LEASE,
  'POST /leases/ls_1/renew': LEASE,
  'POST /leases/ls_1/ack': { ...LEASE, state: 'released' },
  'POST /leases/ls_1/nack': { ...LEASE, state: 'released' },
};

test('exec --consumer acknowledges a step whose command succeeded', async (t) => {
  const { origin, requests } = await script(t, GRANTING);

  const child = runCommand(t, origin, [
    'exec',
    '--run',
    'r',
    '--consumer',
    'mmlu',
    '--ttl',
    '5m',
    '--',
    'true',
  ]);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.deepEqual(
    requests.map(({ call }) => call),
    [NEXT, 'POST /leases/ls_1/renew', 'POST /leases/ls_1/ack'],
  );
  assert.equal(requests[0]?.body.ttl, 300);
});

test('exec --consumer gives a step back whose command failed', async (t) => {
  const { origin, requests } = await script(t, GRANTING);
  const options = ['--run', 'r', '--consumer', 'mmlu', '--nack-delay', '90s'];

  const child = runCommand(t, origin, ['exec', ...options, '--', 'false']);

  assert.equal(await child.exit(), 1, child.stderr);
  assert.deepEqual(requests.at(-1), { call: 'POST /leases/ls_1/nack', body: { delay: 90 } });
});

test('an acknowledgement that comes too late makes the success none', async (t) => {
  const gone = { status: 410, code: 'lease_expired', detail: 'lease 1 is expired' };
  const { origin } = await script(t, { ...GRANTING, 'POST /leases/ls_1/ack': gone });

  const child = runCommand(t, origin, ['exec', '--run', 'r', '--consumer', 'mmlu', '--', 'true']);

  assert.equal(await child.exit(), 75);
});

test('a step that the command acknowledged itself is settled', async (t) => {
  const released = { status: 410, code: 'lease_released', detail: 'lease 1 is released' };
  const { origin } = await script(t, { ...GRANTING, 'POST /leases/ls_1/ack': released });

  const child = runCommand(t, origin, ['exec', '--run', 'r', '--consumer', 'mmlu', '--', 'true']);

  assert.equal(await child.exit(), 0, child.stderr);
});

test('the in-flight limit is told when it held a step back', async (t) => {
  const { origin } = await script(t, { [NEXT]: { satisfied: false, step: -1, reason: 'in_flight_limit' } });
  const options = ['--run', 'r', '--consumer', 'mmlu', '--timeout', '10ms'];

  const child = runCommand(t, origin, ['exec', ...options, '--', ...patient()]);

  assert.equal(await child.exit(), 124);
  assert.match(child.stderr, /max_in_flight/);
});

test('consumer create sends what was given, in the words of the contract', async (t) => {
  const { origin, requests } = await script(t, { 'PUT /consumers/mmlu?run=r': CONSUMER });
  const options = ['--mode', 'every', '--every-k', '2', '--start', 'earliest', '--min-interval', '10m'];
  const bounds = ['--max-pending', '5', '--max-in-flight', '4', '--max-deliver', '3', '--ttl', '90'];

  const child = runCommand(t, origin, ['consumer', 'create', 'mmlu', '--run', 'r', ...options, ...bounds]);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.deepEqual(requests[0]?.body, {
    mode: 'every',
    every_k: 2,
    start: 'earliest',
    min_interval: 600,
    max_pending: 5,
    max_in_flight: 4,
    max_deliver: 3,
    ttl: 90,
  });
});

test('consumer show tells what is owed, in flight and given up', async (t) => {
  const { origin } = await script(t, { 'GET /consumers/mmlu?run=r': CONSUMER });

  const child = runCommand(t, origin, ['consumer', 'show', 'mmlu', '--run', 'r']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(
    child.stdout,
    /^pending\t8\nin flight\t7 \(lease 1, attempt 2, eval-3\)\nparked\t3 \(after 5 attempts\)$/m,
  );
});

test('consumer list, results, ack, nack and delete make their calls', async (t) => {
  const done = { step: 6, acked_at: '2026-11-24T12:00:00.000Z', attempts: 1, result: { loss: 0.5 } };
  const { origin, requests } = await script(t, {
    ...GRANTING,
    'GET /consumers?run=r': { items: [CONSUMER], next_page: null },
    'GET /consumers/mmlu/results?run=r': { items: [done], next_page: null },
    'DELETE /consumers/mmlu?run=r': { status: 204 },
  });
  const run = async (...args: readonly string[]): Promise<string> => {
    const child = runCommand(t, origin, ['consumer', ...args, '--run', 'r']);
    assert.equal(await child.exit(), 0, child.stderr);
    return child.stdout;
  };

  const list = await run('list');
  const results = await run('results', 'mmlu');
  await run('ack', 'ls_1', '--result', '{"loss": null}');
  await run('nack', 'ls_1');
  await run('delete', 'mmlu');

  assert.match(list, /^mmlu\tr\tevery\t6\t2\t1\t1\t1\t-$/m);
  assert.match(results, /^6\t2026-11-24T12:00:00Z\t1\t\{"loss":0\.5\}$/m);
  assert.deepEqual(requests.at(2), { call: 'POST /leases/ls_1/ack', body: { result: { loss: null } } });
  assert.deepEqual(requests.at(3), { call: 'POST /leases/ls_1/nack', body: {} });
  assert.equal(requests.at(4)?.call, 'DELETE /consumers/mmlu?run=r');
});
