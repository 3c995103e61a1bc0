import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ReaderProcess } from '../../../src/adapters/restore/reader-process.js';
import { systemClock } from '../../../src/adapters/system-clock.js';
import { EngineError } from '../../../src/engine/errors.js';
import type { RestoreTask } from '../../../src/engine/restore/checkpoint-reader.js';
import { isWhole, type JsonStream } from '../../../src/engine/restore/json-bytes.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { loadFixture, unpack } from '../../engine/restore/fixtures.js';
import { ENORMOUS_BYTES, ENORMOUS_LEAVES, writeEnormousStep } from '../../support/enormous-step.js';
import { FakeClock } from '../../support/fake-clock.js';
import { jsonText, wholePieces } from '../../support/json-text.js';

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
    assert.deepEqual(JSON.parse(await jsonText(json)), fixture.answer);
  });

  it('verifies a step', async () => {
    const { json } = await client.run({ kind: 'verify', directory: step });
    const report: unknown = JSON.parse(await jsonText(json));
    assert.ok(typeof report === 'object' && report !== null && 'ok' in report && 'checked_bytes' in report);
    assert.equal(report.ok, true);
  });

  it('constructs from a target', async () => {
    const { json } = await client.run({
      kind: 'construct',
      body: Buffer.from(JSON.stringify({ target: { leaves: [{ path: [], kind: 'int' }] } })),
    });
    assert.match(await jsonText(json), /"restore_type":"int"/);
  });

  it('takes a body and gives an answer that are longer than a piece', async () => {
    const leaves = Array.from({ length: 20_000 }, (_, index) => ({ path: [`leaf ${index}`], kind: 'int' }));
    const { json } = await client.run({
      kind: 'construct',
      body: Buffer.from(JSON.stringify({ target: { leaves } })),
    });
    assert.ok(wholePieces(json).length > 10);
    assert.deepEqual(
      JSON.parse(await jsonText(json)).leaves.at(-1).path,
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

describe('an answer that is too long to be kept', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reader-stream-'));
  const task = { kind: 'restore_args', directory, item: null, setGlobalShape: true, strict: true } as const;
  const small = {
    kind: 'construct',
    body: Buffer.from('{"target":{"leaves":[{"path":[],"kind":"int"}]}}'),
  } as const;
  const clock = new FakeClock();
  const client = new ReaderProcess({ clock });

  before(() => writeEnormousStep(directory));
  after(async () => {
    await client.close();
    rmSync(directory, { recursive: true });
  });

  async function stream(): Promise<JsonStream> {
    const { json } = await client.run(task);
    assert.ok(!isWhole(json));
    return json;
  }

  it('is a stream, beside which others are answered, and comes whole', async () => {
    const json = await stream();
    assert.match(await jsonText((await client.run(small)).json), /"restore_type":"int"/);
    const text = await jsonText(json);
    assert.ok(text.length > ENORMOUS_BYTES);
    assert.equal(JSON.parse(text).leaves.length, ENORMOUS_LEAVES);
  });

  it('is refused while two more are being sent, until one of these is given up', async () => {
    const [one, two] = [await stream(), await stream()];
    const overloaded = (error: unknown) => error instanceof EngineError && error.code === 'overloaded';
    await assert.rejects(stream(), overloaded);
    one.close();
    const three = await stream();
    for (const json of [two, three]) json.close();
  });

  it('is broken off when nothing of it is taken for a minute', async () => {
    const json = await stream();
    const taking = json[Symbol.asyncIterator]();
    clock.advance(59_000);
    assert.equal((await taking.next()).done, false);
    clock.advance(59_000);
    assert.equal((await taking.next()).done, false);
    clock.advance(60_000);
    await assert.rejects(async () => {
      while ((await taking.next()).done !== true);
    }, /nothing of the answer was taken for 60 s/);
  });

  it('is broken off when the reader is closed', async () => {
    const other = new ReaderProcess({ clock: systemClock });
    const { json } = await other.run(task);
    await other.close();
    await assert.rejects(jsonText(json), /closed/);
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
      assert.deepEqual([item, await jsonText(json)], ['fine', 'whole']);
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
