import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { runCommand } from './command-line.js';

/** A server whose only run is r, until `joined` registers another one beside it. */
async function stageToBeJoined(t: TestContext, flags: Readonly<Record<string, string>> = {}) {
  // Nothing but what is asked of the server makes it scan.
  const stage = await Stage.set(t, { flags, run: { poll_interval: 3600 } });
  const joined = async () => {
    const { status } = await stage.call('PUT', '/runs/other', { body: { directory: stage.beside('other') } });
    assert.equal(status, 201);
  };
  return { stage, joined };
}

test('exec goes on with the run that it began with when another one is registered', async (t) => {
  const { stage, joined } = await stageToBeJoined(t);
  const child = runCommand(t, stage.origin, ['exec', '--each', '--', 'echo', '{step}']);
  await stage.save(7);
  await child.until('stdout', /^7\n/);

  await joined();
  await stage.save(8);

  await child.until('stdout', /^8\n/m);
  await stage.post('/runs/r/finish');
  assert.equal(await child.exit(), 0, child.stderr);
});

test('exec goes on with its run for a consumer, too', async (t) => {
  const { stage, joined } = await stageToBeJoined(t);
  await stage.call('PUT', '/consumers/c', { body: { mode: 'every' } });
  const args = ['exec', '--consumer', 'c', '--each', '--', 'echo', '{step}'];
  const child = runCommand(t, stage.origin, args);
  await stage.save(7);
  await child.until('stdout', /^7\n/);

  await joined();
  await stage.save(8);

  await child.until('stdout', /^8\n/m);
  await stage.post('/runs/r/finish');
  assert.equal(await child.exit(), 0, child.stderr);
});

test('a wait of several requests stays with its run', async (t) => {
  const { stage, joined } = await stageToBeJoined(t, { max_wait: '0.2' });
  const child = runCommand(t, stage.origin, ['wait', '--until', '7']);
  await child.until('stderr', /waiting for a step of at least 7 of run r/);

  await joined();
  // Each request that ends without a step ends with a scan.
  for (let slice = 0; slice < 2; slice += 1)
    await stage.observed.next('scanFinished', ({ run }) => run === 'r');
  await stage.save(7);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout, '7\n');
});

test('watch follows the run that is meant at its start, and every run with --run "*"', async (t) => {
  const { stage, joined } = await stageToBeJoined(t);
  const { cursor } = await stage.run();
  const options = ['--after', cursor, '--types', 'run.registered,step.finalized'];
  const one = runCommand(t, stage.origin, ['watch', '--count', '2', ...options]);
  const all = runCommand(t, stage.origin, ['watch', '--count', '3', '--run', '*', ...options]);
  await stage.save(6);
  await one.until('stdout', /6/);

  await joined();
  await stage.save(7);

  assert.equal(await one.exit(), 0, one.stderr);
  assert.deepEqual(told(one.stdout), ['step.finalized r 6', 'step.finalized r 7']);
  assert.equal(await all.exit(), 0, all.stderr);
  assert.deepEqual(told(all.stdout), [
    'step.finalized r 6',
    'run.registered other other',
    'step.finalized r 7',
  ]);
});

function told(stdout: string): readonly string[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => line.split('\t').slice(1, 4).join(' '));
}
