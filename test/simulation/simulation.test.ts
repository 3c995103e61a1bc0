import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SEEDS } from './seeds.js';
import { simulate } from './simulation.js';

const SHORT_HOURS = 0.01;

test('a seed gives the same history again, event by event', async () => {
  const [one, other] = [await simulate(7, SHORT_HOURS), await simulate(7, SHORT_HOURS)];

  assert.deepEqual(one.events, other.events);
  assert.equal(one.hash, other.hash);
});

test('a seed gives the same history in another process, whatever that process hashes with', async () => {
  const here = await simulate(8, SHORT_HOURS);

  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const args = ['--hash-seed=12345', main, '--seed', '8', '--hours', String(SHORT_HOURS)];
  const { stdout } = await promisify(execFile)(process.execPath, args);

  assert.match(stdout, new RegExp(`trace ${here.hash}`));
});

test('two seeds give two histories', async () => {
  const [one, other] = [await simulate(7, SHORT_HOURS), await simulate(8, SHORT_HOURS)];

  assert.notEqual(one.hash, other.hash);
});

for (const { seed, hours, found } of SEEDS) {
  test(`seed ${seed} keeps every promise: ${found}`, async () => {
    const { violation } = await simulate(seed, hours);

    assert.equal(violation, null);
  });
}
