import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/temporary-folder.js';
import { run } from './run-check.js';

const CHECK = fileURLToPath(new URL('../../scripts/check-dependencies.js', import.meta.url));

type Tree = Readonly<Record<string, string>>;

const LEGAL: Tree = {
  'src/engine/engine.ts': `import type { Step } from './steps/step.js';\nexport type E = Step;`,
  'src/engine/steps/step.ts': `import type { Event } from '../events/event.js';\nexport type Step = Event;`,
  'src/engine/events/event.ts': `import type { Clock } from '../clock.js';\nexport type Event = Clock;`,
  'src/engine/clock.ts': 'export interface Clock {}',
  'src/routes/steps.ts': `import type { E } from '../engine/engine.js';\nimport fastify from 'fastify';`,
  'src/adapters/sqlite/store.ts': `import { x } from './x.js';\nimport type { E } from '../../engine/engine.js';\nimport 'better-sqlite3';`,
  'src/adapters/sqlite/x.ts': `export { f } from '../shared/f.js';\nimport '../../../migrations/0001.js';`,
  'src/adapters/shared/f.ts': `import { readFileSync } from 'node:fs';`,
  'src/config/config.ts': `import type { E } from '../engine/engine.js';\nimport 'yaml';`,
  'src/server.ts': `import type { C } from './config/config.js';`,
  'src/app.ts': `import './server.js';\nimport './routes/steps.js';\nimport './adapters/sqlite/store.js';`,
  'src/cli/main.ts': `import '../app.js';\nimport './serve.js';`,
  'src/cli/serve.ts': `import '../server.js';\nimport { Command } from 'commander';`,
  'src/version.ts': `import 'node:module';`,
  'src/kysely.ts': `export { Kysely } from 'kysely';`,
  'migrations/0001.ts': `import type { Kysely } from '../src/kysely.js';`,
  'test/a.test.ts': `import '../src/app.js';\nimport '../src/adapters/sqlite/x.js';`,
};

test('a tree that keeps the rules passes', (t) => {
  const { status, output } = run(process.execPath, [CHECK, temporaryFolder(t, LEGAL)]);

  assert.equal(output, `dependencies: ${Object.keys(LEGAL).length} files, 0 problems\n`);
  assert.equal(status, 0);
});

const VIOLATIONS: readonly (readonly [string, Tree, RegExp])[] = [
  [
    'engine imports an adapter',
    { 'src/engine/a.ts': `import '../adapters/sqlite/x.js';` },
    /engine may not import adapters/,
  ],
  [
    'engine imports a type of an adapter',
    { 'src/engine/a.ts': `import type { X } from '../adapters/sqlite/x.js';` },
    /engine may not import adapters/,
  ],
  [
    'engine imports a route',
    { 'src/engine/a.ts': `export * from '../routes/steps.js';` },
    /engine may not import routes/,
  ],
  [
    'engine imports Node',
    { 'src/engine/a.ts': `import { join } from 'node:path';` },
    /node:path: engine may not import the package/,
  ],
  [
    'engine imports a type of Node',
    { 'src/engine/a.ts': `import type { Stats } from 'node:fs';` },
    /node:fs: engine/,
  ],
  ['engine imports a library', { 'src/engine/a.ts': `import pino from 'pino';` }, /pino: engine may not/],
  [
    'engine names a type by import()',
    { 'src/engine/a.ts': `type X = import('../adapters/sqlite/x.js').X;` },
    /engine may not import adapters/,
  ],
  [
    'engine imports lazily',
    { 'src/engine/a.ts': `const x = await import(\n'../app.js');` },
    /engine may not import wiring/,
  ],
  [
    'engine computes an import',
    { 'src/engine/a.ts': 'const x = await import(`../${name}.js`);' },
    /import\(\) of something computed/,
  ],
  [
    'a route imports an adapter',
    { 'src/routes/a.ts': `import '../adapters/sqlite/x.js';` },
    /routes may not import adapters/,
  ],
  ['a route imports SQL', { 'src/routes/a.ts': `import { Kysely } from 'kysely';` }, /kysely: routes/],
  [
    'a route imports SQL by the bundle',
    { 'src/routes/a.ts': `import { Kysely } from '../kysely.js';` },
    /routes may not import queries/,
  ],
  [
    'an adapter loads a second Kysely',
    { 'src/adapters/sqlite/a.ts': `import { sql } from 'kysely';` },
    /kysely: adapters/,
  ],
  [
    'a route reads files',
    { 'src/routes/a.ts': `import { readFile } from 'node:fs/promises';` },
    /node:fs\/promises: routes/,
  ],
  [
    'a route reads the configuration',
    { 'src/routes/a.ts': `import '../config/config.js';` },
    /routes may not import config/,
  ],
  [
    'an adapter imports a route',
    { 'src/adapters/sqlite/a.ts': `import '../../routes/steps.js';` },
    /adapters may not import routes/,
  ],
  [
    'an adapter imports HTTP',
    { 'src/adapters/sqlite/a.ts': `import '@fastify/sse';` },
    /@fastify\/sse: adapters/,
  ],
  [
    'an adapter imports another',
    { 'src/adapters/clock.ts': `import './sqlite/x.js';` },
    /an adapter may not import another/,
  ],
  [
    'the shared adapter folder imports an adapter',
    { 'src/adapters/shared/a.ts': `import '../sqlite/x.js';` },
    /another adapter/,
  ],
  [
    'configuration imports an adapter',
    { 'src/config/a.ts': `import '../adapters/sqlite/x.js';` },
    /config may not import adapters/,
  ],
  [
    'a command imports an adapter',
    { 'src/cli/a.ts': `import '../adapters/sqlite/x.js';` },
    /cli may not import adapters/,
  ],
  [
    'a command imports the composition root',
    { 'src/cli/a.ts': `import '../app.js';` },
    /cli may not import wiring/,
  ],
  [
    'the process imports a route',
    { 'src/server.ts': `import './routes/steps.js';` },
    /process may not import routes/,
  ],
  [
    'a migration imports a row type',
    { 'migrations/0002.ts': `import '../src/adapters/sqlite/x.js';` },
    /migrations may not import adapters/,
  ],
  ['a migration imports Node', { 'migrations/0002.ts': `import 'node:fs';` }, /node:fs: migrations/],
  [
    'the product imports a test',
    { 'src/app.ts': `import '../test/b.js';`, 'test/b.ts': '' },
    /wiring may not import free/,
  ],
  ['an import leads nowhere', { 'src/app.ts': `import './gone.js';` }, /\.\/gone\.js: there is no such file/],
  [
    'a file belongs to no layer',
    { 'src/helpers/a.ts': `import '../engine/engine.js';` },
    /belongs to no layer/,
  ],
  [
    'a folder of the engine imports one that stands above it',
    { 'src/engine/events/a.ts': `import { x } from '../runs/b.js';`, 'src/engine/runs/b.ts': '' },
    /events stands below runs in ENGINE_ORDER and may not import it/,
  ],
  [
    'a folder of the engine imports a type from one that stands above it',
    { 'src/engine/signals/a.ts': `import type { Event } from '../events/event.js';` },
    /signals stands below events in ENGINE_ORDER/,
  ],
  [
    'a folder of the engine has no place in the order',
    { 'src/engine/odds/a.ts': `import type { Event } from '../events/event.js';` },
    /src\/engine\/odds has no place in ENGINE_ORDER/,
  ],
  [
    'two files import each other',
    { 'src/engine/a.ts': `import { b } from './b.js';`, 'src/engine/b.ts': `import { a } from './a.js';` },
    /^import cycle: src\/engine\/a\.ts, src\/engine\/b\.ts$/m,
  ],
  [
    'three files import each other, by types alone',
    {
      'src/engine/a.ts': `import type { B } from './b.js';`,
      'src/engine/b.ts': `export type { C } from './c.js';`,
      'src/engine/c.ts': `type A = import('./a.js').A;`,
    },
    /^import cycle: src\/engine\/a\.ts, src\/engine\/b\.ts, src\/engine\/c\.ts$/m,
  ],
  ['a file imports itself', { 'test/b.ts': `import './b.js';` }, /^import cycle: test\/b\.ts$/m],
];

for (const [what, files, message] of VIOLATIONS) {
  test(`${what}: the check fails`, (t) => {
    const { status, output } = run(process.execPath, [CHECK, temporaryFolder(t, { ...LEGAL, ...files })]);

    assert.match(output, message);
    assert.match(output, /, 1 problems\n/);
    assert.equal(status, 1);
  });
}

test('an empty tree is no success', (t) => {
  assert.equal(run(process.execPath, [CHECK, temporaryFolder(t)]).status, 1);
});
