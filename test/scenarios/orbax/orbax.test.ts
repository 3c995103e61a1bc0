import assert from 'node:assert/strict';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../support/child.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const STEPS = 12;
const KEPT = [(STEPS - 1) * 100, STEPS * 100];
const [KEPT_FROM = 0, LAST = 0] = KEPT;
/** Python with JAX takes seconds to start, several at a time on two cores take more. */
const WITHIN_MS = 300_000;

test('two evaluators restore with real Orbax from their leases after the trainer deleted the steps, every value equal', async (t) => {
  const folder = temporaryFolder(t);
  const root = join(folder, 'run');
  const server = await ServerChild.start(t, [root, '--db', join(folder, 'db')]);
  const evaluators = ['a', 'b'].map((holder) => evaluator(t, server.base, holder));
  // Both wait before the trainer has made its directory, so that however slow they start they see its first step.
  for (const child of evaluators) await child.until('stdout', /"timeout"/, WITHIN_MS);
  const trainer = python(t, 'trainer.py', [root, String(STEPS), '0.7', '--max-to-keep', '2']);

  assert.equal(await trainer.exit(WITHIN_MS), 0, trainer.stderr.slice(-2_000));
  for (const child of evaluators) {
    assert.equal(await child.exit(WITHIN_MS), 0, child.stdout + child.stderr.slice(-2_000));
  }

  assertTrainedUndisturbed(trainer);
  for (const child of evaluators) assertRestoredAll(linesOf(child), root);
  const granted: readonly Json[] = (await server.ok(server.get('/leases?state=all'))).items;
  assert.ok(granted.every(({ state }) => state === 'released'));
  const shared = granted.filter((one) => granted.some((other) => sharedTogether(one, other)));
  assert.ok(shared.length >= 4, `leases of both on one step at one time: ${JSON.stringify(granted)}`);
  assert.equal((await server.ok(server.get('/runs/default'))).snapshots.count, 0);
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0);
  t.diagnostic(
    `${granted.length} leases on ${new Set(granted.map(({ step }) => step)).size} steps, ${shared.length} of them shared`,
  );
});

test('step names are read and written as real Orbax does', async (t) => {
  const oracle = python(t, 'name_format_oracle.py', []);
  assert.equal(await oracle.exit(WITHIN_MS), 0, oracle.stdout + oracle.stderr);
  const [answer] = linesOf(oracle);
  assert.ok(answer.compared > 10_000, 'the table was not empty');
  assert.equal(answer.disagreements, 0);
});

/** Every save went through, every deletion left what `max_to_keep` wants, and Orbax complained about nothing. */
function assertTrainedUndisturbed(trainer: Child): void {
  const lines = linesOf(trainer);
  const saved = lines.filter(({ event }) => event === 'saved');
  assert.deepEqual(
    saved.map(({ step, saved: isSaved }) => [step, isSaved]),
    Array.from({ length: STEPS }, (_, index) => [(index + 1) * 100, true]),
  );
  assert.deepEqual(lines.at(-1), { event: 'done', steps: STEPS, last_step: LAST, kept: KEPT });
  assert.doesNotMatch(trainer.stderr, /Traceback|Error|_STEPLEASE/);
}

/** Each lease was of a snapshot, restored equal, and, but for the steps that training keeps, only after the original was gone. */
function assertRestoredAll(lines: readonly Json[], root: string): void {
  const of = (event: string) => lines.filter((line) => line.event === event);
  const steps: readonly number[] = of('leased').map(({ step }) => step);
  assert.ok(steps.length >= 4, `only ${steps.length} steps were evaluated`);
  assert.equal(steps.at(-1), LAST);
  for (const { path } of of('leased')) assert.ok(path.startsWith(join(root, '_STEPLEASE')), path);
  assert.deepEqual(
    of('restored').map(({ step, equal, original_deleted }) => [step, equal, original_deleted]),
    steps.map((step) => [step, true, step < KEPT_FROM]),
  );
  assert.deepEqual(
    of('released').map(({ step }) => step),
    steps,
  );
  assert.equal(of('done')[0]?.ok, true);
}

/** Both held the same step's snapshot at the same time. */
const sharedTogether = (one: Json, other: Json): boolean =>
  one.holder !== other.holder &&
  one.generation === other.generation &&
  one.granted_at < other.ended_at &&
  other.granted_at < one.ended_at;

function evaluator(t: TestContext, url: string, holder: string): Child {
  const options = {
    url,
    run: 'default',
    holder,
    'last-step': LAST,
    'kept-from': KEPT_FROM,
    timeout: 1,
    patience: 120,
    hold: 60,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return python(t, 'evaluator.py', args);
}

function python(t: TestContext, name: string, args: readonly string[]): Child {
  const interpreter = process.env['STEPLEASE_TEST_PYTHON'];
  assert.ok(interpreter, 'STEPLEASE_TEST_PYTHON must name a Python with test/scenarios/requirements.txt');
  // The scripts are not compiled: they lie beside this file's source. Node, for the one that asks the built code, is on the path.
  const script = fileURLToPath(new URL(`../../../../test/scenarios/orbax/${name}`, import.meta.url));
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
  return new Child(t, script, args, { JAX_PLATFORMS: 'cpu', PATH: path }, interpreter);
}

const linesOf = (child: Child): readonly Json[] =>
  child.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
