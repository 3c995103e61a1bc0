import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../support/child.js';

/** The Python client's own tests, each file in a process of its own: some set up JAX's devices, some must not load JAX at all. */
const PACKAGE = fileURLToPath(new URL('../../../../clients/python', import.meta.url));
const WITHIN_MS = 170_000;

for (const file of readdirSync(join(PACKAGE, 'tests')).filter((name) => /^test_.*\.py$/.test(name))) {
  test(`the Python client passes ${file}`, async (t) => {
    const python = runTests(t, file);
    assert.equal(await python.exit(WITHIN_MS), 0, python.stderr.slice(-4_000));
    const [, count] = /^Ran (\d+) tests? in/m.exec(python.stderr) ?? [];
    assert.ok(Number(count) > 0, python.stderr);
    t.diagnostic(`${file}: ${count} tests`);
  });
}

function runTests(t: TestContext, file: string): Child {
  const interpreter = process.env['STEPLEASE_TEST_PYTHON'];
  assert.ok(interpreter, 'STEPLEASE_TEST_PYTHON must name a Python with test/scenarios/requirements.txt');
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
