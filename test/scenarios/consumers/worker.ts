import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpClient, type Json } from '../../support/http-client.js';

/** A worker as a process of its own: prints a line for each step that it has, and one for each that it acknowledged. */
const [base = '', holder = '', hangsAt = 'never'] = process.argv.slice(2);

const http = new HttpClient();
http.base = base;

function say(line: Json): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Reads what a worker would read; it must be whole. */
function read(path: string): number {
  return Object.keys(JSON.parse(readFileSync(join(path, '_CHECKPOINT_METADATA'), 'utf8'))).length;
}

for (let delivery = 1; ; delivery += 1) {
  const answer = await http.post('/consumers/queue/next', { ttl: 1, timeout: 30, holder });
  if (answer.body.reason === 'finished') break;
  if (answer.status === 200) continue;
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  const { id, step, path } = answer.body;
  assert.ok(read(path) > 0);
  say({ has: step });
  // Whoever started it kills it now.
  if (String(delivery) === hangsAt) await new Promise(() => process.stdin.resume());
  await http.ok(http.post(`/leases/${id}/ack`, { result: { holder } }));
  say({ acked: step });
}
