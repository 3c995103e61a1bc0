import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../support/child.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

// The script is not compiled: it lies beside this file's source.
const SCRIPT = fileURLToPath(new URL('../../../../test/scenarios/arrival/ways.py', import.meta.url));
const WITHIN_MS = 300_000;
const SETTLE_S = 1;

test('however a checkpoint comes or is changed, it is offered whole, and real Orbax restores it from a lease', async (t) => {
  // Only the newest release deletes one item of a step.
  const python = process.env['STEPLEASE_TEST_NEWEST_PYTHON'];
  assert.ok(
    python,
    'STEPLEASE_TEST_NEWEST_PYTHON must name a Python with test/scenarios/requirements-newest.txt',
  );
  const folder = temporaryFolder(t);
  const [root, scratch] = [join(folder, 'run'), join(folder, 'scratch')];
  mkdirSync(root);
  mkdirSync(scratch);
  const server = await ServerChild.start(t, [root, '--db', join(folder, 'db'), '--settle', `${SETTLE_S}s`]);
  const ways = new Child(t, SCRIPT, [server.base, root, scratch], { JAX_PLATFORMS: 'cpu' }, python);
  assert.equal(await ways.exit(WITHIN_MS), 0, ways.stdout + ways.stderr.slice(-2_000));

  const lines: Json[] = ways.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const line of lines) {
    t.diagnostic(JSON.stringify(line));
    if (line.change !== undefined) {
      assert.deepEqual([line.offered_meanwhile, line.lease_meanwhile], [false, 404], line.change);
    } else {
      assert.deepEqual([line.offered, line.files, line.restored], [true, line.of, true], line.way);
      if (line.way !== 'rename') assert.ok(line.after >= SETTLE_S * 0.9, `${line.way} after ${line.after} s`);
    }
  }
  assert.equal(lines.filter(({ way }) => way !== undefined).length, 17);
});
