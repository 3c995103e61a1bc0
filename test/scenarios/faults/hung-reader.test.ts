import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { eventually } from '../../support/eventually.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const linux = process.platform === 'linux' ? false : 'processes are found in /proc';

test('while the process that reads checkpoints hangs only those who asked it wait, and SIGTERM ends both', {
  skip: linux,
}, async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await ServerChild.start(t, [root.path, '--db', join(temporaryFolder(t), 'db')]);
  await server.ok(server.get('/restore-args?step=1&item=default'));
  const [reader] = childrenOf(server.child.process.pid);
  assert.ok(reader !== undefined, 'the reader is a process of its own');
  // As one that reads from a mount whose server is gone.
  process.kill(reader, 'SIGSTOP');
  const asked = server.get('/steps/1/verify').catch((error: unknown) => error);

  await server.ok(server.get('/livez'));
  await server.ok(server.get('/steps/1'));
  const { id } = await server.ok(server.post('/leases', { step: 1 }), 201);
  await server.ok(server.delete(`/leases/${id}`), 204);

  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(15_000), 0, server.child.stderr);
  await asked;
  assert.ok(await eventually(() => !isThere(reader)), 'the reader ends with the server');
});

function childrenOf(pid: number | undefined): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
