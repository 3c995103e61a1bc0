import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../support/child.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { run } from './run-check.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SHIPPED =
  /^package\/(dist\/src\/((steplease|kysely|chunk-\w+)\.js|adapters\/(filesystem\/worker|restore\/reader-program)\.js)|dist\/migrations\/\w+\.js|openapi(-3\.0)?\.yaml|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;

test('the package holds what runs and nothing else, and serves from where it is unpacked', async (t) => {
  const folder = temporaryFolder(t);
  // Without scripts: the build would remove the very files that this test runs from.
  const packed = run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT);
  assert.equal(packed.status, 0, packed.output);
  const archive = join(folder, packed.output.trim());
  const listed = run('tar', ['-tzf', archive]).output.trim().split('\n');
  assert.deepEqual(
    listed.filter((name) => !SHIPPED.test(name)),
    [],
  );

  assert.equal(run('tar', ['-xzf', archive, '-C', folder]).status, 0);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'checkpoints'));
  const database = join(folder, 'steplease.db');
  const program = join(folder, 'package/dist/src/steplease.js');
  const server = new Child(t, program, [
    'serve',
    join(folder, 'checkpoints'),
    '--port',
    '0',
    '--db',
    database,
  ]);
  const [, origin] = await server.until('stdout', /^steplease listening on (http:\/\/\S+)\n/);

  assert.equal((await fetch(`${origin}/steps`)).status, 200);
  server.kill('SIGTERM');
  assert.equal(await server.exit(), 0);
});
