import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { EventDocument } from '../../src/engine/documents.js';
import { EventClient } from './support/event-client.js';
import { TwoCallers } from './support/two-callers.js';

const sources = (events: readonly EventDocument[]) => [...new Set(events.map(({ source }) => source))];

test('lists show what belongs to visible runs, and count nothing else', async (t) => {
  const callers = await TwoCallers.meet(t);
  await callers.delivery();
  const { limited, everybody } = callers;
  const runs = await limited.ok(limited.get('/runs'));
  assert.deepEqual(
    runs.items.map(({ name }: { name: string }) => name),
    ['r'],
  );
  for (const path of ['/leases?state=all', '/waits']) {
    assert.ok((await everybody.ok(everybody.get(path))).items.length > 0, path);
    assert.deepEqual(await limited.ok(limited.get(path)), { items: [], next_page: null });
  }
  assert.equal((await limited.ok(limited.get('/waits/summary'))).count, 0);
});

test('a request without a run means one that its caller sees', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { limited, everybody } = callers;
  assert.equal((await limited.ok(limited.get('/steps'))).run, 'r');
  await everybody.problem(everybody.get('/steps'), 400, 'run_required');
  await everybody.ok(everybody.delete('/runs/r'), 204);
  const nothing = await limited.problem(limited.get('/steps'), 400, 'run_required');
  assert.equal(nothing.detail, 'no run is registered');
});

test('pages pass over the events of hidden runs, before the limit, and their cursor goes on', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { limited, everybody } = callers;
  const all = await everybody.ok(everybody.get('/events'));
  const page = await limited.ok(limited.get('/events'));
  assert.deepEqual(sources(page.items), ['/runs/r']);
  assert.equal(page.cursor, all.cursor);

  const { cursor } = page;
  await callers.lease();
  const later = await limited.ok(limited.get(`/events?after=${cursor}&limit=1`));
  assert.deepEqual({ items: later.items, more: later.more }, { items: [], more: false });
  assert.notEqual(later.cursor, cursor);
});

test('streams of both kinds carry visible runs alone, and a bookmark that names no other', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { base } = callers.limited;
  const from = (await callers.everybody.ok(callers.everybody.get('/events?limit=1'))).cursor;
  const streams = [
    await EventClient.sse(t, base, `after=${from}`),
    await EventClient.websocket(t, base, `after=${from}`),
  ];
  for (const stream of streams) assert.equal((await stream.next()).type, 'bookmark');
  await callers.lease();
  await callers.stage.trainer.save(1);
  for (const stream of streams) {
    for (let event = await stream.next(); event.type !== 'step.finalized'; ) event = await stream.next();
    const seen = sources(stream.received.filter(({ type }) => type !== 'bookmark'));
    assert.deepEqual(seen, ['/runs/r']);
  }
});

test('a stream of a hidden run is refused, as one of a missing run is', async (t) => {
  const callers = await TwoCallers.meet(t);
  for (const run of ['secret', 'absent']) {
    const socket = await EventClient.websocket(t, callers.limited.base, `run=${run}`);
    assert.equal(await socket.ended(), 404);
  }
});

test('events of a removed run stay visible to those whose globs fit its name', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { limited, everybody, stage } = callers;
  const directory = join(stage.trainer.directory, '..', 'team-a');
  await mkdir(directory);
  await everybody.ok(everybody.put('/runs/team-a', { directory }), 201);
  for (const run of ['team-a', 'secret']) await everybody.ok(everybody.delete(`/runs/${run}`), 204);
  const { items } = await limited.ok(limited.get('/events?types=run.removed'));
  assert.deepEqual(
    items.map(({ subject }: EventDocument) => subject),
    ['team-a'],
  );
});

test('a run outside the globs cannot be made, in the same words whether it exists or not', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { limited, stage } = callers;
  const directory = join(stage.trainer.directory, '..', 'free');
  const refused = await limited.problem(limited.put('/runs/elsewhere', { directory }), 403, 'forbidden');
  const hidden = await limited.problem(limited.put('/runs/secret', { directory }), 403, 'forbidden');
  assert.equal(hidden.detail, refused.detail.replace('elsewhere', 'secret'));
  await limited.ok(limited.put('/runs/team-b', { directory }), 201);
});

test('the directory of a hidden run is as forbidden as one that the server may not use', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { limited, everybody } = callers;
  const { directory } = callers.secret;
  const put = (path: string, more = {}) =>
    limited.problem(limited.put('/runs/team-c', { directory: path, ...more }), 403, 'directory_not_allowed');
  const outside = (await put('/somewhere/else')).detail.replace('/somewhere/else', '…');
  for (const path of [
    directory,
    join(directory, '7'),
    join(directory, '_STEPLEASE'),
    join(directory, '..'),
  ]) {
    const { detail } = await put(path);
    assert.equal(detail.replace(path, '…'), outside);
  }
  const own = `${directory}-own`;
  const snapshots = await put(own, { snapshot_dir: directory });
  assert.equal(snapshots.detail.replace(directory, '…'), outside.replace('"directory"', '"snapshot_dir"'));

  await everybody.problem(everybody.put('/runs/again', { directory }), 409, 'directory_taken');
});

test('a run that a hidden one came to lie in can still be put as it is', async (t) => {
  const callers = await TwoCallers.meet(t);
  const { limited, everybody, stage } = callers;
  const own = stage.trainer.directory;
  await everybody.ok(everybody.put('/runs/inner', { directory: join(own, 'inner') }), 201);
  await limited.ok(limited.put('/runs/r', { directory: own, poll_interval: 2 }));
});
