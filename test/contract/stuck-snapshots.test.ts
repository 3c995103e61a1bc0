import assert from 'node:assert/strict';
import test from 'node:test';
import type { LeaseDocument } from '../../src/engine/documents.js';
import { FileSystemError } from '../../src/engine/file-system-error.js';
import { FakeClock } from '../support/fake-clock.js';
import { Interference } from './support/interference.js';
import { leased, problem, type Stage } from './support/stage.js';

const BROKEN = { outcome: 'failed', errno: 'EROFS', path: '', detail: 'the disk can only be read' } as const;

interface Stuck {
  readonly stage: Stage;
  readonly lease: LeaseDocument;
  readonly interference: Interference;
  readonly number: unknown;
}

/** A snapshot that nobody holds, and whose files cannot be erased until the interference stops; time stands still. */
async function stuck(t: test.TestContext): Promise<Stuck> {
  const interference = new Interference();
  const { stage, lease } = await leased(t, { clock: new FakeClock(), around: interference.around });
  interference.always('erase', async () => BROKEN);
  assert.equal((await stage.release(lease)).status, 204);
  await stage.event('snapshot.stuck');
  const [event] = await stage.events('types=snapshot.stuck');
  return { stage, lease, interference, number: event?.data?.['number'] };
}

test('a stuck snapshot is removed at once when an administrator asks for it', async (t) => {
  const { stage, interference, number } = await stuck(t);
  const [warning] = (await stage.run()).warnings;
  assert.ok(warning?.hint?.includes(`POST /snapshots/${number}/retry`), warning?.hint ?? '');
  interference.stop('erase');

  const { status } = await stage.post(`/snapshots/${number}/retry`);

  assert.equal(status, 204);
  assert.deepEqual((await stage.run()).warnings, []);
  assert.deepEqual(await stage.history('types=snapshot.stuck,snapshot.deleted'), [
    'snapshot.stuck 100',
    'snapshot.deleted 100',
  ]);
  await stage.lease({ step: 100 });
});

test('a retry that fails says what is in the way, tells of it no second time, and the next one may succeed', async (t) => {
  const { stage, interference, number } = await stuck(t);

  const { errno, detail } = problem(await stage.post(`/snapshots/${number}/retry`), 409, 'snapshot_failed');

  assert.equal(errno, 'EROFS');
  assert.match(String(detail), /is still there: the disk can only be read/);
  assert.equal((await stage.events('types=snapshot.stuck')).length, 1);
  interference.stop('erase');
  assert.equal((await stage.post(`/snapshots/${number}/retry`)).status, 204);
});

test('two that ask at the same time share one attempt', async (t) => {
  const { stage, interference, number } = await stuck(t);
  let attempts = 0;
  const joined: Promise<{ status: number }>[] = [];
  interference.always('erase', async (proceed) => {
    attempts += 1;
    if (attempts === 1) joined.push(stage.post(`/snapshots/${number}/retry`));
    await stage.get('/livez');
    return attempts > 2 ? BROKEN : proceed();
  });

  const first = await stage.post(`/snapshots/${number}/retry`);

  // One attempt erases under two names.
  const [second] = await Promise.all(joined);
  assert.deepEqual([first.status, second?.status, attempts], [204, 204, 2]);
});

test('there is nothing to retry for a snapshot that is held, gone or was never there: 404', async (t) => {
  const { stage, lease, interference, number } = await stuck(t);
  interference.stop('erase');
  await stage.post(`/snapshots/${number}/retry`);
  const held = Number((await stage.lease({ step: 100 })).path.match(/\.([0-9]+)\/100$/)?.[1]);
  assert.ok(lease.path.endsWith(`.${number}/100`) && held > 0);

  for (const unknown of [number, held, 12_345, 0, -1, '1.5', 'x', '9'.repeat(40)]) {
    const { detail } = problem(await stage.post(`/snapshots/${unknown}/retry`), 404, 'not_found');
    assert.ok(String(detail).includes(String(unknown)), String(detail));
  }
});

test('an error that nobody foresaw while a snapshot is removed is named by its own errno', async (t) => {
  const interference = new Interference();
  const { stage, lease } = await leased(t, { clock: new FakeClock(), around: interference.around });
  interference.always('erase', async () => {
    throw new FileSystemError('ESTALE', 'the file handle is stale');
  });
  await stage.release(lease);
  await stage.event('snapshot.stuck');

  const [event] = await stage.events('types=snapshot.stuck');

  assert.deepEqual([event?.data?.['errno'], event?.data?.['detail']], ['ESTALE', 'the file handle is stale']);
});

test('where no system call failed no errno is named', async (t) => {
  const interference = new Interference();
  const { stage, lease } = await leased(t, { clock: new FakeClock(), around: interference.around });
  interference.always('erase', async () => {
    throw new Error('the thread died');
  });
  await stage.release(lease);
  await stage.event('snapshot.stuck');
  const [event] = await stage.events('types=snapshot.stuck');

  const answer = await stage.post(`/snapshots/${event?.data?.['number']}/retry`);

  assert.equal(event?.data?.['errno'], null);
  assert.equal('errno' in problem(answer, 409, 'snapshot_failed'), false);
});
