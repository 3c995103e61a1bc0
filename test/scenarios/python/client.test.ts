import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../support/child.js';
import { orbaxPythons } from '../../support/orbax-python.js';

/** The Python client's own tests, each file in a process of its own: some set up JAX's devices, some must not load JAX at all. */
const PACKAGE = fileURLToPath(new URL('../../../../clients/python', import.meta.url));
const WITHIN_MS = 170_000;

const FILES = readdirSync(join(PACKAGE, 'tests')).filter((name) => /^test_.*\.py$/.test(name));
for (const [release, interpreter, file] of orbaxPythons().flatMap(({ release, interpreter }) =>
  FILES.map((name) => [release, interpreter, name] as const),
)) {
  test(`the Python client passes ${file} with Orbax ${release}`, async (t) => {
    const python = runTests(t, interpreter, file);
    assert.equal(await python.exit(WITHIN_MS), 0, python.stderr.slice(-4_000));
    const [, count] = /^Ran (\d+) tests? in/m.exec(python.stderr) ?? [];
    assert.ok(Number(count) > 0, python.stderr);
    t.diagnostic(`${file}: ${count} tests`);
  });
}

function runTests(t: TestContext, interpreter: string, file: string): Child {
  const where = ['--start-directory', join(PACKAGE, 'tests'), '--top-level-directory', PACKAGE];
  const env = {
    JAX_PLATFORMS: 'cpu',
    // The node that runs this is the one that the server is tested on.
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
    PYTHONPATH: join(PACKAGE, 'src'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return new Child(t, '-m', ['unittest', 'discover', ...where, '--pattern', file], env, interpreter);
}
