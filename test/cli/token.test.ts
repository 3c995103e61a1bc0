import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Child } from '../support/child.js';
import { RunningServer } from '../support/running-server.js';
import { MAIN, ServerChild } from '../support/server-child.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runCommand } from './command-line.js';

const TOKEN = /^slt_[0-9A-Za-z]{49}\n$/;

test('the first token is made in the database, before the server starts or while it is down', async (t) => {
  const folder = temporaryFolder(t);
  const db = join(folder, 'new.db');
  const create = new Child(t, MAIN, ['token', 'create', 'root', '--scope', 'admin', '--db', db]);
  assert.equal(await create.exit(), 0, create.stderr);
  assert.match(create.stdout, TOKEN);
  assert.match(create.stderr, /token root, scope admin, runs \*: it is not shown again/);

  const server = await ServerChild.start(t, [folder, '--db', db]);
  assert.equal((await server.get('/runs')).status, 401);
  server.token = create.stdout.trim();
  assert.equal((await server.get('/runs')).status, 200);
  assert.ok(!server.child.stderr.includes('slt_'));

  const meanwhile = new Child(t, MAIN, ['token', 'list', '--db', db]);
  assert.equal(await meanwhile.exit(), 2);
  assert.match(meanwhile.stderr, /belongs to a server that is running/);
});

test('tokens are made, listed and revoked over the server', async (t) => {
  const server = await RunningServer.start(t);
  const root = await server.ok(server.post('/tokens', { name: 'root', scope: 'admin' }), 201);
  server.token = root.token;
  const env = { STEPLEASE_TOKEN: root.token };
  const words = ['--scope', 'lease', '--runs', 'team-a-*', '--runs', 'x', '--expires-in', '1h'];
  const create = runCommand(t, server.base, ['token', 'create', 'eval', ...words], env);
  assert.equal(await create.exit(), 0, create.stderr);
  assert.match(create.stdout, TOKEN);

  const list = runCommand(t, server.base, ['token', 'list', '--json'], env);
  assert.equal(await list.exit(), 0, list.stderr);
  const [made] = JSON.parse(list.stdout).items;
  assert.deepEqual([made.name, made.scope, made.runs], ['eval', 'lease', ['team-a-*', 'x']]);
  assert.equal(Date.parse(made.expires_at) - Date.parse(made.created_at), 3_600_000);
  assert.ok(!list.stdout.includes('slt_'));

  const table = runCommand(t, server.base, ['token', 'list', '-o', 'table'], env);
  assert.equal(await table.exit(), 0);
  assert.match(table.stdout, /eval +lease +team-a-\*,x/);

  const revoke = runCommand(t, server.base, ['token', 'revoke', 'eval'], env);
  assert.equal(await revoke.exit(), 0, revoke.stderr);
  server.token = create.stdout.trim();
  await server.problem(server.get('/runs'), 401, 'unauthorized');
});

test('what cannot be done in the database is refused with a sentence', async (t) => {
  const folder = temporaryFolder(t);
  const missing = join(folder, 'missing.db');
  const list = new Child(t, MAIN, ['token', 'list', '--db', missing]);
  assert.equal(await list.exit(), 2);
  assert.ok(!existsSync(missing));

  const db = join(folder, 'db');
  const create = (...words: string[]) =>
    new Child(t, MAIN, ['token', 'create', ...words, '--scope', 'read', '--db', db]);
  assert.equal(await create('a').exit(), 0);
  for (const [words, sentence] of [
    [['a'], /the name "a" is taken/],
    [['A b'], /the token name "A b" must match/],
    [['b', '--runs', 'Ä'], /the pattern "Ä" fits no run/],
  ] as const) {
    const refused = create(...words);
    assert.equal(await refused.exit(), 2, refused.stdout);
    assert.match(refused.stderr, sentence);
    assert.equal(refused.stdout, '');
  }
  const both = new Child(t, MAIN, ['token', 'list', '--db', db, '--server', 'http://127.0.0.1:1']);
  assert.equal(await both.exit(), 2);
  assert.match(both.stderr, /exclude each other/);
});
