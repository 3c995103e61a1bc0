import assert from 'node:assert/strict';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../support/child.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const STEPS = 12;
const LAST = STEPS * 100;
/** Python with JAX takes seconds to start, several at a time on two cores take more. */
const WITHIN_MS = 300_000;

/** The scripts are not compiled: they lie beside this file's source. */
const script = (name: string) =>
  fileURLToPath(new URL(`../../../../test/scenarios/orbax/${name}`, import.meta.url));

function python(t: TestContext, name: string, args: readonly string[]): Child {
  const interpreter = process.env['STEPLEASE_TEST_PYTHON'];
  assert.ok(interpreter, 'STEPLEASE_TEST_PYTHON must name a Python with test/scenarios/requirements.txt');
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
  return new Child(t, script(name), args, { JAX_PLATFORMS: 'cpu', PATH: path }, interpreter);
}

const linesOf = (child: Child): Json[] =>
  child.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('two evaluators restore with real Orbax from their leases after the trainer deleted the steps, every value equal', async (t) => {
  const folder = temporaryFolder(t);
  const root = join(folder, 'run');
  const server = await ServerChild.start(t, [root, '--db', join(folder, 'db')]);
  const evaluators = ['a', 'b'].map((holder) =>
    python(t, 'evaluator.py', [
      ...[
        '--url',
        server.base,
        '--holder',
        holder,
        '--last-step',
        String(LAST),
        '--kept-from',
        String(LAST - 100),
      ],
      ...['--patience', '120', '--hold', '60'],
    ]),
  );
  const trainer = python(t, 'trainer.py', [root, String(STEPS), '0.7', '--max-to-keep', '2']);
  assert.equal(await trainer.exit(WITHIN_MS), 0, trainer.stderr.slice(-2_000));
  for (const evaluator of evaluators) {
    assert.equal(await evaluator.exit(WITHIN_MS), 0, evaluator.stdout + evaluator.stderr.slice(-2_000));
  }
  const trained = linesOf(trainer).at(-1);
  assert.deepEqual([trained.event, trained.kept], ['done', [LAST - 100, LAST]]);
  for (const evaluator of evaluators) {
    const lines = linesOf(evaluator);
    const restored = lines.filter((line) => line.event === 'restored');
    assert.ok(restored.every((line) => line.equal));
    assert.ok(restored.filter((line) => line.original_deleted).length >= 2, evaluator.stdout);
    assert.ok(lines.filter((line) => line.event === 'released').length >= 3);
  }
  const granted = (await server.ok(server.get('/leases?state=all'))).items;
  assert.ok(
    granted.some((one: Json) => granted.some((other: Json) => overlap(one, other))),
    'leases of both at the same time',
  );
  assert.equal((await server.ok(server.get('/runs/default'))).snapshots.count, 0);
  t.diagnostic(`${granted.length} leases on ${new Set(granted.map((lease: Json) => lease.step)).size} steps`);
});

const overlap = (one: Json, other: Json) =>
  one.holder === 'a' &&
  other.holder === 'b' &&
  one.granted_at < other.ended_at &&
  other.granted_at < one.ended_at;

test('step names are read and written as real Orbax does', async (t) => {
  const oracle = python(t, 'name_format_oracle.py', []);
  assert.equal(await oracle.exit(WITHIN_MS), 0, oracle.stdout + oracle.stderr);
});
