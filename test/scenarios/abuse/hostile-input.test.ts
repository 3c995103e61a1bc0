import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { GuardedServer } from './guarded-server.js';
import { type HostileRequest, hostileRequests } from './hostile-requests.js';

const AT_ONCE = 8;
/** One answer, on a machine that does other things beside. */
const SLOW_MS = 2_000;
const GROWTH_MIB = 150;

test('hostile texts and bodies are refused quickly, and change nothing', async (t) => {
  const guarded = await GuardedServer.start(t, ['--max-wait', '100ms', '--max-waits', '64']);
  const before = guarded.figures();
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  t.after(() => agent.destroy());
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  const requests = hostileRequests();

  const send = async (): Promise<void> => {
    for (const request of requests) {
      const began = performance.now();
      const answer = await exchange(guarded.port, agent, request);
      const took = performance.now() - began;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const shown = `${request.method} ${request.path.slice(0, 120)} ${request.body?.slice(0, 60) ?? ''}`;
      if (answer.status >= 500) faults.push(`${answer.status}: ${shown}`);
      if (answer.isInjected) faults.push(`a header was injected: ${shown}`);
      if (took > SLOW_MS) faults.push(`took ${Math.round(took)} ms: ${shown}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));

  assert.deepEqual(faults, []);
  assert.deepEqual(await guarded.wounds(), []);
  const after = guarded.figures();
  t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`);
  t.diagnostic(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  assert.ok(
    after.peak - before.memory < GROWTH_MIB,
    `memory grew from ${before.memory} to ${after.peak} MiB`,
  );
  assert.ok(after.descriptors <= before.descriptors + AT_ONCE + 2, `${after.descriptors} descriptors`);
});

interface Exchanged {
  readonly status: number;
  readonly isInjected: boolean;
}

function exchange(port: number, agent: Agent, { method, path, body }: HostileRequest): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = httpRequest({ host: '127.0.0.1', port, agent, method, path, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, isInjected: 'x-injected' in response.headers }),
      );
    });
    request.end(body);
  });
}
