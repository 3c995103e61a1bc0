/**
 * Memory of the server for each pending `GET /wait`, at 1,000 of them.
 *
 *     node dist/test/scenarios/measure/waiters.js [WAITERS]
 */
import { Agent, get } from 'node:http';
import { setTimeout as rest } from 'node:timers/promises';
import { measuringFolder, print } from './app.js';
import { ServerProcess } from './server-process.js';

const WAITERS = Number(process.argv[2] ?? 1_000);
const server = await ServerProcess.start(measuringFolder());

/** Opens the waits, lets the memory settle, reads it, and hangs up. */
async function residentWhileWaiting(): Promise<number> {
  const agent = new Agent({ maxSockets: WAITERS });
  const requests = Array.from({ length: WAITERS }, () => get(`${server.base}/wait?timeout=120`, { agent }));
  for (const request of requests) request.on('error', () => undefined);
  await Promise.all(requests.map((request) => new Promise((resolve) => request.on('finish', resolve))));
  await rest(2_000);
  const resident = server.residentKib;
  for (const request of requests) request.destroy();
  await rest(2_000);
  return resident;
}

const idle = server.residentKib;
const first = await residentWhileWaiting();
const between = server.residentKib;
const second = await residentWhileWaiting();
print({
  measure: 'memory per waiter',
  waiters: WAITERS,
  kib_each_from_idle: (first - idle) / WAITERS,
  kib_each_second_time: (second - between) / WAITERS,
});
await server.stop();
process.exit();
