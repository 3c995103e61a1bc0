import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { Child } from '../support/child.js';
import { ServerChild } from '../support/server-child.js';

/** Every program prints this, whichever language it is written in. */
const PRINTED = `\
wait reached 100 100
wait timeout -1 none
lease active 100 60
no lease timeout
renewed 90
released 204
refused lease_released
events step.finalized,lease.released
`;

/** Takes a folder with one program per language: `node calls.js FOLDER LANGUAGE…`. A language that was not built fails here, too. */
const [folder = '.', ...languages] = process.argv.slice(2);

for (const language of languages) {
  test(`the generated client in ${language} gets the answers of a server`, async (t) => {
    const root = CheckpointRoot.make(t);
    const server = await ServerChild.start(t, [root.path, '--db', join(root.path, '..', 'steplease.db')]);
    root.save(100);
    await server.ok(server.get('/wait?until=100&timeout=30'));
    const program = new Child(t, join(folder, language), [server.base], {}, 'bash');
    assert.equal(await program.exit(), 0, program.stderr);
    assert.equal(program.stdout, PRINTED);
  });
}
