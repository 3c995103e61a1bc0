import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import test from 'node:test';
import type { EventDocument, EventPageDocument } from '../../src/engine/documents.js';
import { FakeClock } from '../support/fake-clock.js';
import { Interference } from './support/interference.js';
import { problem, Stage } from './support/stage.js';

async function page(stage: Stage, query = ''): Promise<EventPageDocument> {
  const { status, body } = await stage.get(`/events?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body as unknown as EventPageDocument;
}

const names = ({ items }: EventPageDocument) => items.map(({ type, subject }) => `${type} ${subject}`);

test('a page without after begins with the oldest event kept, and comes in order', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  await stage.post('/runs/r/finish');

  const { items, cursor, more } = await page(stage);

  assert.deepEqual(names({ items, cursor, more }), [
    'run.registered r',
    'step.finalized 1',
    'run.finished r',
  ]);
  assert.equal(cursor, items.at(-1)?.id);
  assert.equal(more, false);
});

test('an event is a CloudEvent 1.0', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(12_500);

  const { items } = await page(stage, 'types=step.finalized');

  const [event] = items;
  assert.ok(event);
  assert.equal(event.specversion, '1.0');
  assert.equal(event.source, '/runs/r');
  assert.equal(event.type, 'step.finalized');
  assert.equal(event.subject, '12500');
  assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(event.data?.['step'], 12_500);
});

test('step.finalized carries the Step; previous_generation when it replaces one; step.deleted when it goes', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  const { body: first } = await stage.get('/steps/1');
  await stage.trainer.replace(1);
  await stage.event('step.finalized');
  await stage.trainer.delete(1);
  // A deletion may have been seen within the replacement, too: the last event is told by the end of a scan that begins now.
  await stage.scanned();
  assert.equal((await stage.get('/steps/1')).status, 404);

  const events = await stage.events('types=step.finalized,step.deleted');

  const finalized = events.filter(({ type }) => type === 'step.finalized');
  assert.deepEqual(finalized[0]?.data, first);
  const second = finalized[1]?.data;
  assert.notEqual(second?.['generation'], first['generation']);
  // Seen between the deletion and the new saving it is no replacement but a deletion and a new step.
  if (events.length === 3) assert.equal(second?.['previous_generation'], first['generation']);
  assert.equal(events.at(-1)?.type, 'step.deleted');
  assert.equal(events.at(-1)?.data?.['generation'], second?.['generation']);
});

test('the life of a lease is told by number: granted, then how it ended', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  const lease = await stage.lease({ holder: 'eval-3' });
  await stage.release(lease);
  await stage.observed.next('snapshotRemoved');

  const events = await stage.events();

  assert.deepEqual(
    events.slice(2).map(({ type, subject }) => `${type} ${subject}`),
    ['snapshot.created 1', 'lease.granted 1', 'lease.released 1', 'snapshot.deleted 1'],
  );
  const granted = events.find(({ type }) => type === 'lease.granted')?.data;
  assert.equal(granted?.['holder'], 'eval-3');
  assert.equal(granted?.['path'], lease.path);
  assert.equal(granted?.['state'], 'active');
});

test('the life of a run is told: registered, unavailable and available, finished, reopened, removed', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  interference.beforeLook(async () => {
    await rename(stage.root, stage.beside('elsewhere'));
    await writeFile(stage.root, 'no directory');
  });
  await stage.scanned();
  await stage.event('run.unavailable');
  await rm(stage.root);
  await rename(stage.beside('elsewhere'), stage.root);
  await stage.event('run.available');
  await stage.post('/runs/r/finish');
  await stage.post('/runs/r/reopen');
  assert.equal((await stage.call('DELETE', '/runs/r')).status, 204);

  const types = (await stage.events()).map(({ type }) => type);

  assert.deepEqual(
    [...new Set(types)],
    ['run.registered', 'run.unavailable', 'run.available', 'run.finished', 'run.reopened', 'run.removed'],
  );
});

test('with after everything since comes: each page goes on where the one before ended', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [1, 2, 3, 4, 5]) await stage.save(step);
  const all = await page(stage);

  const collected: EventDocument[] = [];
  let after = '';
  for (let more = true; more; ) {
    const next = await page(stage, `limit=2${after}`);
    assert.ok(next.items.length <= 2);
    collected.push(...next.items);
    ({ more } = next);
    after = `&after=${next.cursor}`;
  }

  assert.deepEqual(collected, all.items);
  assert.deepEqual(await page(stage, `after=${all.cursor}`), { items: [], cursor: all.cursor, more: false });
});

test('types keeps only the named ones; the cursor goes forward even when that hides all', async (t) => {
  const stage = await Stage.set(t);
  const start = (await page(stage)).cursor;
  await stage.save(1);
  await stage.lease();

  const some = await page(stage, `after=${start}&types=lease.granted,step.finalized`);
  const none = await page(stage, `after=${start}&types=run.removed`);

  assert.deepEqual(names(some), ['step.finalized 1', 'lease.granted 1']);
  assert.deepEqual(none.items, []);
  assert.equal(none.more, false);
  assert.notEqual(none.cursor, start);
  assert.deepEqual((await page(stage, `after=${none.cursor}`)).items, []);
  problem(await stage.get('/events?types=step.exploded'), 400, 'invalid_request');
  problem(await stage.get('/events?types=bookmark'), 400, 'invalid_request');
});

test('run keeps the events of one run; without it those of all come', async (t) => {
  const stage = await Stage.set(t);
  await stage.call('PUT', '/runs/second', { body: { directory: stage.beside('second') } });
  await stage.save(1);

  assert.deepEqual(names(await page(stage, 'run=second')), ['run.registered second']);
  assert.deepEqual(names(await page(stage, 'run=r')), ['run.registered r', 'step.finalized 1']);
  assert.equal((await page(stage)).items.length, 3);
  problem(await stage.get('/events?run=third'), 404, 'run_not_found');
});

test('a long poll answers as soon as an event comes', async (t) => {
  const stage = await Stage.set(t);
  const { cursor } = await page(stage);
  const waiting = page(stage, `after=${cursor}&timeout=60`);
  await stage.get('/livez');
  await stage.trainer.save(1);

  assert.deepEqual(names(await waiting), ['step.finalized 1']);
});

test('a long poll sleeps through events that its filter hides', async (t) => {
  const stage = await Stage.set(t);
  const { cursor } = await page(stage);
  const waiting = page(stage, `after=${cursor}&timeout=60&types=run.finished`);
  await stage.get('/livez');
  await stage.save(1);
  await stage.post('/runs/r/finish');

  assert.deepEqual(names(await waiting), ['run.finished r']);
});

test('a long poll that times out is an empty page with a cursor to go on from', async (t) => {
  const stage = await Stage.set(t);
  const { cursor } = await page(stage);

  const empty = await page(stage, `after=${cursor}&timeout=50ms`);

  assert.deepEqual(empty, { items: [], cursor, more: false });
});

test('on shutdown a long poll is 503 shutting_down', async (t) => {
  const stage = await Stage.set(t);
  const { cursor } = await page(stage);
  const waiting = stage.get(`/events?after=${cursor}&timeout=60`);
  await stage.get('/livez');

  await stage.stop();

  const answer = await waiting;
  problem(answer, 503, 'shutting_down');
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
});

test('a cursor that is malformed, from another store or from the future is 410, with the current one', async (t) => {
  const stage = await Stage.set(t);
  const other = await Stage.set(t);
  const { cursor } = await page(stage);
  const [store] = cursor.split('.');
  const foreign = (await page(other)).cursor;

  for (const wrong of [
    '1',
    'nonsense',
    `${cursor}0`,
    `${store}.zzzz`,
    `${store}.-1`,
    `${store}.01`,
    foreign,
  ]) {
    const body = problem(await stage.get(`/events?after=${wrong}`), 410, 'cursor_expired');
    assert.equal(body['cursor'], cursor);
  }
});

test('a cursor older than what is kept is 410; without after a page begins with what is kept', async (t) => {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock, flags: { retain_events_count: 2 } });
  const old = (await page(stage)).cursor;
  for (const step of [1, 2, 3, 4]) await stage.save(step);
  await stage.pruned(clock, 'events');

  const body = problem(await stage.get(`/events?after=${old}`), 410, 'cursor_expired');
  const kept = await page(stage);

  assert.deepEqual(names(kept), ['step.finalized 3', 'step.finalized 4']);
  assert.equal(body['cursor'], kept.cursor);
});

test('events are kept for 7 days', async (t) => {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock });
  const week = 7 * 24 * 3_600_000;
  clock.advance(week - 60_000);
  assert.deepEqual(names(await page(stage)), ['run.registered r']);

  await stage.pruned(clock, 'events');

  assert.deepEqual((await page(stage)).items, []);
});

test('a list of steps is the exact state at its cursor: what comes after it is not in it', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  const { body } = await stage.get('/steps');
  await stage.save(2);

  const since = await page(stage, `after=${body['cursor']}`);

  assert.deepEqual(names(since), ['step.finalized 2']);
});
