import assert from 'node:assert/strict';
import test from 'node:test';
import type { EventDocument } from '../../src/engine/documents.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Cleanup } from '../support/temporary-directory.js';
import { EventClient } from './support/event-client.js';
import { Stage } from './support/stage.js';

const PROTOCOLS = ['sse', 'websocket'] as const;

function open(t: Cleanup, protocol: 'sse' | 'websocket', stage: Stage, query = ''): Promise<EventClient> {
  return EventClient[protocol](t, stage.origin, query);
}

async function last(stage: Stage): Promise<string> {
  const { body } = await stage.get('/events');
  return String(body['cursor']);
}

const withoutBookmarks = (events: readonly EventDocument[]) =>
  events.filter(({ type }) => type !== 'bookmark');

/** Appends two events in each round. */
async function churn(stage: Stage, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await stage.post('/runs/r/finish');
    await stage.post('/runs/r/reopen');
  }
}

for (const protocol of PROTOCOLS) {
  test(`${protocol}: without after a stream begins now, with a bookmark that says where`, async (t) => {
    const stage = await Stage.set(t);
    await stage.save(1);
    const client = await open(t, protocol, stage);

    const bookmark = await client.next();
    assert.equal(bookmark.type, 'bookmark');
    assert.equal(bookmark.id, await last(stage));
    assert.equal('data' in bookmark, false);
    assert.equal('subject' in bookmark, false);

    await stage.trainer.save(2);
    assert.equal((await client.next()).subject, '2');
  });

  test(`${protocol}: with after the first bookmark is that cursor, then comes everything since`, async (t) => {
    const stage = await Stage.set(t);
    const after = await last(stage);
    await stage.save(1);
    await stage.save(2);

    const client = await open(t, protocol, stage, `after=${after}`);

    assert.deepEqual([(await client.next()).type, client.received[0]?.id], ['bookmark', after]);
    assert.equal((await client.next()).subject, '1');
    assert.equal((await client.next()).subject, '2');
  });

  test(`${protocol}: backfill, cutover and live are gap-free, in order and without duplicates while events are appended`, async (t) => {
    const stage = await Stage.set(t);
    const after = await last(stage);
    await churn(stage, 20);
    const writing = churn(stage, 40);
    const clients: EventClient[] = [];
    for (let count = 0; count < 12; count += 1) {
      clients.push(await open(t, protocol, stage, `after=${after}`));
      await stage.get('/livez');
    }
    await writing;
    const all = await stage.events(`after=${after}`);
    assert.equal(all.length, 120);

    for (const client of clients) {
      await client.until(all.at(-1)?.id ?? '');
      assert.deepEqual(withoutBookmarks(client.received), all);
    }
  });

  test(`${protocol}: types and run filter events, and hide no bookmark`, async (t) => {
    const stage = await Stage.set(t);
    await stage.call('PUT', '/runs/second', { body: { directory: stage.beside('second') } });
    const client = await open(t, protocol, stage, 'run=r&types=run.finished');
    assert.equal((await client.next()).type, 'bookmark');
    await stage.post('/runs/second/finish');
    await stage.save(1);
    await stage.post('/runs/r/finish');

    const event = await client.next();

    assert.deepEqual([event.type, event.source], ['run.finished', '/runs/r']);
  });

  test(`${protocol}: a bookmark comes after 15 idle seconds, and is never ahead of an event not yet sent`, async (t) => {
    const clock = new FakeClock();
    const stage = await Stage.set(t, { clock });
    const client = await open(t, protocol, stage, 'types=step.finalized');
    const first = await client.next();
    // Hidden by the filter: the next bookmark moves over it.
    await stage.post('/runs/r/finish');

    clock.advance(14_900);
    await stage.get('/livez');
    assert.equal(client.received.length, 1);
    clock.advance(200);
    const second = await client.next();
    assert.equal(second.type, 'bookmark');
    assert.notEqual(second.id, first.id);
    assert.equal(second.id, await last(stage));

    await stage.save(1);
    assert.equal((await client.next()).subject, '1');
    assert.deepEqual(
      (await stage.events(`after=${second.id}&types=step.finalized`)).map(({ subject }) => subject),
      ['1'],
    );
  });

  test(`${protocol}: a client too slow to keep up is closed, and resumes from its cursor without a gap`, async (t) => {
    const clock = new FakeClock();
    const stage = await Stage.set(t, { clock, run: { snapshot_mode: 'none' } });
    await stage.save(1);
    const client = await open(t, protocol, stage);
    const start = (await client.next()).id;
    client.pause();
    // What a client does not take fills the buffers of the kernel first.
    const labels = Object.fromEntries(Array.from({ length: 55 }, (_, i) => [`l${i}`, 'x'.repeat(1_000)]));
    for (let round = 0; round < 15; round += 1) {
      await Promise.all(
        Array.from({ length: 10 }, async () => stage.release(await stage.lease({ step: 1, labels }))),
      );
    }
    clock.advance(10_000);
    for (let round = 0; round < 5; round += 1) await stage.get('/livez');
    client.resume();

    const end = await client.ended();
    assert.match(String(end), protocol === 'sse' ? /^end$/ : /^1013 .*too slow/);
    const seen = client.received.at(-1)?.id ?? start;
    const all = await stage.events(`after=${start}`);
    assert.ok(withoutBookmarks(client.received).length < all.length);
    const again = await open(t, protocol, stage, `after=${seen}`);
    await again.until(all.at(-1)?.id ?? '');
    assert.deepEqual(
      [...withoutBookmarks(client.received), ...withoutBookmarks(again.received)].map(({ id }) => id),
      all.map(({ id }) => id),
    );
  });

  test(`${protocol}: on shutdown a stream ends`, async (t) => {
    const stage = await Stage.set(t);
    const client = await open(t, protocol, stage);
    await client.next();

    await stage.stop();

    assert.match(String(await client.ended()), protocol === 'sse' ? /^end$/ : /^1001 /);
  });

  test(`${protocol}: streams are limited by --max-streams, and a closed one makes room`, async (t) => {
    const stage = await Stage.set(t, { flags: { max_streams: 1 } });
    const first = await open(t, protocol, stage);
    await first.next();

    const refused = await (await open(t, protocol, stage)).ended();
    assert.match(String(refused), protocol === 'sse' ? /^429$/ : /^1013 limit_reached/);

    first.close();
    const isAdmitted = async () => {
      const next = await open(t, protocol, stage);
      const [outcome] = await Promise.allSettled([next.next()]);
      return outcome.status === 'fulfilled';
    };
    assert.ok(await eventually(isAdmitted), 'the closed stream still counts');
  });

  test(`${protocol}: an unknown run or type is refused before a stream begins`, async (t) => {
    const stage = await Stage.set(t);

    assert.equal(await (await open(t, protocol, stage, 'run=other')).ended(), 404);
    assert.equal(await (await open(t, protocol, stage, 'types=no.such')).ended(), 400);
  });
}

test('sse: the id of each event is its cursor: Last-Event-ID wins over after', async (t) => {
  const stage = await Stage.set(t);
  const after = await last(stage);
  await stage.save(1);
  const seen = await last(stage);
  await stage.save(2);

  const client = await EventClient.sse(t, stage.origin, `after=${after}`, { 'last-event-id': seen });

  assert.equal((await client.next()).id, seen);
  assert.equal((await client.next()).subject, '2');
});

test('sse: an expired cursor is 410, in after and in Last-Event-ID', async (t) => {
  const stage = await Stage.set(t);

  assert.equal(await (await EventClient.sse(t, stage.origin, 'after=gone')).ended(), 410);
  const resumed = await EventClient.sse(t, stage.origin, '', { 'last-event-id': 'gone' });
  assert.equal(await resumed.ended(), 410);
});

test('websocket: an expired cursor closes it with 4410 and the current cursor, with no message before', async (t) => {
  const stage = await Stage.set(t);

  const client = await EventClient.websocket(t, stage.origin, 'after=gone');

  assert.equal(await client.ended(), `4410 ${await last(stage)}`);
  assert.deepEqual(client.received, []);
});
