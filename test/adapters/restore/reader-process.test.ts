import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ReaderProcess } from '../../../src/adapters/restore/reader-process.js';
import { systemClock } from '../../../src/adapters/system-clock.js';
import type { RestoreTask } from '../../../src/engine/restore/checkpoint-reader.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { loadFixture, unpack } from '../../engine/restore/fixtures.js';
import { FakeClock } from '../../support/fake-clock.js';

function text(json: readonly Uint8Array[]): string {
  return Buffer.concat(json).toString();
}

function refused(code: string, detail: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof RestoreError && error.code === code && detail.test(error.detail);
}

describe('the reader process', () => {
  const fixture = loadFixture('manager-many-items');
  const client = new ReaderProcess({ clock: systemClock });
  let root = '';
  let step = '';

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'reader-process-'));
    step = join(root, 'ckpt_000007');
    unpack(fixture, root);
  });

  after(async () => {
    await client.close();
    rmSync(root, { recursive: true });
  });

  function task(item: string | null): RestoreTask {
    return { kind: 'restore_args', directory: step, item, setGlobalShape: true, strict: true };
  }

  it('answers for an item of a step', async () => {
    const { item, json } = await client.run(task('state'));
    assert.equal(item, 'state');
    assert.deepEqual(JSON.parse(text(json)), fixture.answer);
  });

  it('verifies a step', async () => {
    const { json } = await client.run({ kind: 'verify', directory: step });
    const report: unknown = JSON.parse(text(json));
    assert.ok(typeof report === 'object' && report !== null && 'ok' in report && 'checked_bytes' in report);
    assert.equal(report.ok, true);
  });

  it('constructs from a target', async () => {
    const { json } = await client.run({
      kind: 'construct',
      body: Buffer.from(JSON.stringify({ target: { leaves: [{ path: [], kind: 'int' }] } })),
    });
    assert.match(text(json), /"restore_type":"int"/);
  });

  it('takes a body and gives an answer that are longer than a piece', async () => {
    const leaves = Array.from({ length: 20_000 }, (_, index) => ({ path: [`leaf ${index}`], kind: 'int' }));
    const { json } = await client.run({
      kind: 'construct',
      body: Buffer.from(JSON.stringify({ target: { leaves } })),
    });
    assert.ok(json.length > 10);
    assert.deepEqual(
      JSON.parse(text(json)).leaves.at(-1).path,
      ['leaf 9999'],
      'the last in the order of JAX',
    );
  });

  it('passes refusals on, and goes on', async () => {
    await assert.rejects(client.run(task(null)), refused('item_required', /state/));
    await assert.rejects(client.run(task('nothing')), refused('item_not_found', /nothing/));
    await assert.rejects(client.run(task('notes')), refused('metadata_unreadable', /no PyTree/));
    assert.equal((await client.run(task('tree'))).item, 'tree');
  });

  it('answers many requests at once, each with its own', async () => {
    const items = ['state', 'tree', 'array', 'state', 'tree'];
    const answers = await Promise.all(items.map((item) => client.run(task(item))));
    assert.deepEqual(
      answers.map((answer) => answer.item),
      items,
    );
  });
});

describe('a reader process that misbehaves', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reader-program-'));
  const program = join(directory, 'program.mjs');
  writeFileSync(
    program,
    `process.on('message', ({ directory }) => {
       if (directory === 'exit') process.exit(3);
       if (directory === 'throw') throw new Error('on purpose');
       if (directory === 'hang') for (;;);
       if (directory === 'memory') { const all = []; for (;;) all.push(new Array(100_000).fill({})); }
       if (directory === 'half') {
         process.send({ kind: 'piece', bytes: Buffer.from('half') });
         process.send({ kind: 'refusal', code: 'metadata_unreadable', detail: 'broken off' });
         return;
       }
       process.send({ kind: 'piece', bytes: Buffer.from('whole') });
       process.send({ kind: 'answer', item: directory });
     });`,
  );
  const clock = new FakeClock();
  const client = new ReaderProcess({ clock, program: pathToFileURL(program), heapMb: 32 });
  const ask = (what: string) => client.run({ kind: 'verify', directory: what });

  after(async () => {
    await client.close();
    rmSync(directory, { recursive: true });
  });

  for (const [what, reason] of [
    ['exit', /^the checkpoint reader ended with code 3$/],
    ['throw', /^the checkpoint reader ended with code 1$/],
    ['memory', refused('metadata_unreadable', /more than 32 MB of memory/)],
    ['hang', refused('metadata_unreadable', /longer than 60 s/)],
    ['half', refused('metadata_unreadable', /broken off/)],
  ] as const) {
    it(`by ${what} spoils that request only`, async () => {
      const spoilt = ask(what);
      const next = ask('fine');
      if (what === 'hang') clock.advance(60_000);
      await assert.rejects(spoilt, reason instanceof RegExp ? { message: reason } : reason);
      const { item, json } = await next;
      assert.deepEqual([item, text(json)], ['fine', 'whole']);
    });
  }

  it('says so while it cannot be started, and is started as soon as it can', async (t) => {
    const restore = (): boolean => delete process.env['STEPLEASE_TOO_LONG'];
    t.after(restore);
    const other = new ReaderProcess({ clock, program: pathToFileURL(program) });
    process.env['STEPLEASE_TOO_LONG'] = 'x'.repeat(200_000);
    other.warmUp();
    const refusals = [1, 2].map(() =>
      assert.rejects(other.run({ kind: 'verify', directory: 'x' }), /cannot be started: spawn E2BIG/),
    );
    await Promise.all(refusals);
    restore();
    assert.equal((await other.run({ kind: 'verify', directory: 'fine' })).item, 'fine');
    await other.close();
  });

  it('rejects what is still waiting when it is closed', async () => {
    const other = new ReaderProcess({ clock: systemClock, program: pathToFileURL(program) });
    const [first, second] = [
      other.run({ kind: 'verify', directory: 'hang' }),
      other.run({ kind: 'verify', directory: 'x' }),
    ];
    const rejections = Promise.all([assert.rejects(first, /closed/), assert.rejects(second, /closed/)]);
    await other.close();
    await rejections;
    await assert.rejects(other.run({ kind: 'verify', directory: 'x' }), /closed/);
  });
});
