import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { Answer, Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';
import { EventTrail } from '../crash/event-trail.js';

const SIZE_BYTES = 8 * 1024 * 1024;
const STEPS = 6;
/** A commit takes some pages of the write-ahead log: with so many free, one after another thing of a grant fails first. */
const FREE_PAGES = [0, 1, 2, 4, 8, 16];
/** What could not be undone while there was no space is tried again every second; the rest is for a busy machine. */
const RECOVERY_MS = 15_000;

test('a full disk under the database: calls fail with 507, and once there is space nothing acknowledged was lost', async (t) => {
  const disk = SmallFilesystem.mount(t, SIZE_BYTES);
  if (typeof disk === 'string') return t.skip(disk);
  const trial = await Trial.begin(t, disk);
  for (const freePages of FREE_PAGES) await trial.fillAndFree(freePages);
  await trial.end();
});

interface Held {
  readonly lease: Json;
  state: 'active' | 'released';
}

class Trial {
  readonly #test: TestContext;
  readonly #disk: SmallFilesystem;
  readonly #root: CheckpointRoot;
  readonly #places: { readonly db: string; readonly snapshots: string };
  readonly #saved = new Map<number, ReadonlyMap<string, string>>();
  readonly #trail: EventTrail;
  readonly #held: Held[] = [];
  #server: ServerChild;
  #refused = 0;
  #acknowledged = 0;

  static async begin(t: TestContext, disk: SmallFilesystem): Promise<Trial> {
    const root = CheckpointRoot.make(t);
    const server = await ServerChild.start(t, [root.path, '--db', join(disk.path, 'db')]);
    return new Trial(t, disk, root, server);
  }

  private constructor(t: TestContext, disk: SmallFilesystem, root: CheckpointRoot, server: ServerChild) {
    this.#test = t;
    this.#disk = disk;
    this.#root = root;
    this.#places = { db: join(disk.path, 'db'), snapshots: root.at('_STEPLEASE') };
    this.#trail = new EventTrail(this.#places.db);
    this.#server = server;
  }

  async fillAndFree(freePages: number): Promise<void> {
    const server = this.#server;
    await this.#saveSteps();
    for (const step of this.#newest(2)) await this.#grant(step);
    const short = await server.ok(server.post('/leases', { step: this.#newest(1)[0], ttl: 1 }), 201);

    this.#disk.fill(freePages);
    await this.#callUntilRefused();
    const late = this.#saved.size + 1;
    this.#saved.set(late, treeContents(this.#root.save(late)));
    await server.ok(server.get('/livez'));
    await server.ok(server.get('/leases'));
    this.#disk.free();

    await this.#recovers(late);
    await server.ok(
      eventually(
        () => server.get(`/leases/${short.id}`),
        ({ body }) => body.state === 'expired',
      ),
    );
    await this.#check();
  }

  async end(): Promise<void> {
    this.#server.child.kill('SIGKILL');
    await this.#server.child.exit();
    this.#server = await ServerChild.start(this.#test, [this.#root.path, '--db', this.#places.db]);
    await this.#check();
    this.#server.child.kill('SIGTERM');
    assert.equal(await this.#server.child.exit(), 0);
    const database = new Database(this.#places.db, { readonly: true });
    assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
    database.close();
    this.#test.diagnostic(`${this.#acknowledged} calls acknowledged, ${this.#refused} refused`);
    assert.ok(this.#refused >= FREE_PAGES.length * 3);
  }

  async #saveSteps(): Promise<void> {
    for (let count = 0; count < STEPS; count += 1) {
      const step = this.#saved.size + 1;
      this.#saved.set(step, treeContents(this.#root.save(step)));
      await this.#server.ok(this.#server.get(`/wait?until=${step}`));
    }
  }

  #newest(count: number): readonly number[] {
    return [...this.#saved.keys()].slice(-count);
  }

  /** Grants of new steps, renewals and releases, until one of each was refused in one pass. */
  async #callUntilRefused(): Promise<void> {
    const server = this.#server;
    for (let pass = 0; ; pass += 1) {
      assert.ok(pass < 500, 'the disk never was full');
      const steps = this.#newest(STEPS);
      const granted = await Promise.all(steps.map((step) => this.#grant(step)));
      const [oldest] = this.#held.filter(({ state }) => state === 'active');
      if (oldest === undefined) throw new Error('every lease was released');
      const renewed = await this.#call(server.post(`/leases/${oldest.lease.id}/renew`), 200);
      const released = await this.#call(server.delete(`/leases/${oldest.lease.id}`), 204);
      if (released) oldest.state = 'released';
      if (!renewed && !released && granted.every((isGranted) => !isGranted)) return;
    }
  }

  async #grant(step: number): Promise<boolean> {
    const answer = await this.#server.post('/leases', { step, ttl: 3600 });
    if (!(await this.#call(Promise.resolve(answer), 201))) return false;
    this.#held.push({ lease: answer.body, state: 'active' });
    return true;
  }

  /** Whether it was acknowledged; if not, then because of the disk. */
  async #call(answer: Promise<Answer>, status: number): Promise<boolean> {
    if ((await answer).status === status) {
      this.#acknowledged += 1;
      return true;
    }
    // The second attempt at a step may meet what could not be undone of the first.
    const { body } = await answer;
    if (body?.code === 'snapshot_path_busy') assert.match(body.detail, /there is no room to write/);
    else await this.#server.problem(answer, 507, 'insufficient_storage');
    this.#refused += 1;
    return false;
  }

  /** All goes on by itself: what was saved meanwhile is seen, and each step can be leased. */
  async #recovers(late: number): Promise<void> {
    const server = this.#server;
    await server.ok(
      eventually(
        () => server.get(`/wait?until=${late}`),
        ({ status }) => status === 200,
      ),
    );
    for (const step of this.#newest(STEPS)) {
      const answer = await eventually(
        () => server.post('/leases', { step, ttl: 3600 }),
        ({ status }) => status === 201,
      );
      this.#held.push({ lease: answer.body, state: 'active' });
    }
  }

  /** Then lets most of them go. */
  async #check(): Promise<void> {
    const server = this.#server;
    for (const { lease, state } of this.#held) {
      assert.equal(
        (await server.ok(server.get(`/leases/${lease.id}`))).state,
        state,
        `lease ${lease.number}`,
      );
      if (state === 'active') assert.deepEqual(treeContents(lease.path), this.#saved.get(lease.step));
    }
    await eventually(
      () =>
        agree(server, this.#places).then(
          () => null,
          (error: unknown) => error,
        ),
      (trouble) => trouble === null,
    );
    await this.#trail.follow(server);
    for (const held of this.#held.filter(({ state }) => state === 'active').slice(4)) {
      await server.ok(server.delete(`/leases/${held.lease.id}`), 204);
      held.state = 'released';
    }
  }
}

/** The first answer that will do; else, after the time that recovery may take, the last one. */
async function eventually<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  const untilMs = performance.now() + RECOVERY_MS;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    assert.ok(performance.now() < untilMs, answer instanceof Error ? answer : JSON.stringify(answer));
    await delay(100);
  }
}
