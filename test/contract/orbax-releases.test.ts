import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unpack } from '../engine/restore/fixtures.js';
import {
  committedReleases,
  type ItemAnswers,
  loadRelease,
  RELEASE_VERSIONS,
  type StepAnswers,
} from '../engine/restore/releases.js';
import { eventually } from '../support/eventually.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Orbax 0.12.8 forgets a context when it opens a single array in a database, as 0.5.0 and older wrote it. The data are whole. */
const NOT_OPENED = /Resource not defined: "cache_pool#ocdbt"/;
/** A single array of NumPy leaves only its directory behind, and these releases name no handler: the directory passes for an item. */
const UNTOLD = /^0\.(5\.23|6|7|8|9|10|11\.0)\b.*\/6$/;

test('what every minor version of Orbax from 0.4 on wrote is read as Orbax 0.12.8 reads it', async (t) => {
  assert.deepEqual(committedReleases().sort(), [...RELEASE_VERSIONS].sort());
  const folder = temporaryFolder(t);
  for (const version of RELEASE_VERSIONS) {
    mkdirSync(join(folder, version));
    unpack(loadRelease(version), join(folder, version));
  }
  const run = RELEASE_VERSIONS.map((version) => `${version}=${join(folder, version)}`);
  const server = await RunningServer.start(t, { flags: { run } });

  for (const version of RELEASE_VERSIONS) {
    await t.test(`Orbax ${version}`, async () => {
      const { steps } = loadRelease(version);
      const wanted = Object.keys(steps).length;
      // Steps without marks, as the oldest are, count once they have stayed unchanged.
      const all = () => server.ok(server.get(`/steps?run=${version}`));
      assert.ok(await eventually(async () => (await all()).items.length === wanted));
      for (const [step, expected] of Object.entries(steps)) await checkStep(version, step, expected);
    });
  }

  async function checkStep(version: string, step: string, expected: StepAnswers): Promise<void> {
    const name = `${version}/${step}`;
    const found = await server.ok(server.get(`/steps/${step}?run=${version}`));
    const items = Object.keys(expected.items);
    assert.deepEqual(found.items, UNTOLD.test(name) ? ['checkpoint'] : items, name);
    // Newer releases leave an empty object where a step has no metrics.
    assert.deepEqual(found.metrics ?? {}, expected.metrics ?? {}, name);
    const verification = await server.ok(server.get(`/steps/${step}/verify?run=${version}`));
    assert.equal(verification.ok, true, `${name}: ${JSON.stringify(verification.items)}`);
    if (items.length === 0) await checkItem(version, step, null, expected);
    for (const [item, answers] of Object.entries(expected.items))
      await checkItem(version, step, item, answers);
  }

  async function checkItem(
    version: string,
    step: string,
    item: string | null,
    { restores, restore_error: why = '', answer, error }: ItemAnswers,
  ): Promise<void> {
    const name = `${version}/${step}/${item}`;
    assert.ok(restores === true || NOT_OPENED.test(why), `${name}: ${why}`);
    const path = `/restore-args?run=${version}&step=${step}${item === null ? '' : `&item=${item}`}`;
    if (error !== undefined) {
      const { detail } = await server.problem(server.get(path), 422, 'metadata_unreadable');
      assert.match(detail, /^_METADATA: the file is missing/, error);
      return;
    }
    const head = { run: version, step: Number(step), item };
    assert.deepEqual(await server.ok(server.get(path)), { ...head, ...Object(answer) }, name);
  }
});
