import assert from 'node:assert/strict';
import test from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { MAIN } from '../support/server-child.js';
import { runCommand } from './command-line.js';

test('exec works a consumer off: results kept, a failing step parked, and the end known', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [1, 2, 3]) await stage.save(step);
  const options = ['--mode', 'every', '--start', 'earliest', '--max-deliver', '2'];
  const created = runCommand(t, stage.origin, ['consumer', 'create', 'mmlu', ...options]);
  assert.equal(await created.exit(), 0, created.stderr);
  await stage.post('/runs/r/finish');
  const ack = `"${process.execPath}" "${MAIN}" consumer ack --result '{"seen": {step}}'`;
  const script = `echo {step}; test {step} != 2 || exit 4; ${ack} >/dev/null`;

  const child = runCommand(t, stage.origin, [
    'exec',
    '--consumer',
    'mmlu',
    '--each',
    '--',
    'sh',
    '-c',
    script,
  ]);

  assert.equal(await child.exit(60_000), 4, child.stderr);
  assert.deepEqual(child.stdout.trimEnd().split('\n').sort(), ['1', '2', '2', '3']);
  const results = runCommand(t, stage.origin, ['consumer', 'results', 'mmlu']);
  assert.equal(await results.exit(), 0, results.stderr);
  assert.match(results.stdout, /^1\t\S+\t1\t\{"seen":1\}\n3\t\S+\t1\t\{"seen":3\}\n$/);
  const shown = runCommand(t, stage.origin, ['consumer', 'show', 'mmlu']);
  assert.equal(await shown.exit(), 0, shown.stderr);
  assert.match(shown.stdout, /^parked\t2 \(after 2 attempts\)$/m);
});

test('exec lets the lease go whose consumer was deleted while the command ran', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  const options = ['--mode', 'every', '--start', 'earliest'];
  const created = runCommand(t, stage.origin, ['consumer', 'create', 'mmlu', ...options]);
  assert.equal(await created.exit(), 0, created.stderr);
  const remove = `"${process.execPath}" "${MAIN}" consumer delete mmlu >/dev/null`;

  const child = runCommand(t, stage.origin, ['exec', '--consumer', 'mmlu', '--', 'sh', '-c', remove]);

  assert.equal(await child.exit(60_000), 1, child.stderr);
  assert.match(child.stderr, /consumer_not_found/);
  assert.deepEqual((await stage.get('/leases')).body['items'], []);
});

test('explain names the consumer that holds a step, and the one that works on it', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [1, 2]) await stage.save(step);
  const options = ['--mode', 'every', '--start', 'earliest'];
  const created = runCommand(t, stage.origin, ['consumer', 'create', 'mmlu', ...options]);
  assert.equal(await created.exit(), 0, created.stderr);
  const next = runCommand(t, stage.origin, ['consumer', 'next', 'mmlu']);
  assert.equal(await next.exit(), 0, next.stderr);

  const [first, second] = [1, 2].map((step) => runCommand(t, stage.origin, ['explain', String(step)]));

  assert.equal(await first?.exit(), 0);
  assert.match(first?.stdout ?? '', /^Consumer mmlu has it in flight, as lease 1\.$/m);
  assert.equal(await second?.exit(), 0);
  assert.match(second?.stdout ?? '', /^Consumer mmlu still owes it\.$/m);
});
