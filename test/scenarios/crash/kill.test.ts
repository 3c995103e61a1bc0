import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { SeededRandom } from '../../support/random.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { checkAcknowledged } from './acknowledged.js';
import { agree, type Places, wreckage } from './agreement.js';
import { type Claim, mayHaveExpired } from './claim.js';
import { clientWork } from './client.js';
import { EventTrail } from './event-trail.js';
import { StandInTrainer } from './trainer.js';

const KILLS = Number(process.env['STEPLEASE_TEST_KILLS'] ?? 200);
const CLIENTS = 4;
const STEPS_KEPT = 4;
const STANDING_BY = 2;
/** After the start, as long as it takes until the clients have the server busy, and a little more. */
const WITHIN_MS = 80;

test(`after each of ${KILLS} kill -9 at random moments, database and disk agree and nothing acknowledged is lost`, async (t) => {
  const ordeal = new Ordeal(t);
  for (let kill = 0; kill < KILLS; kill += 1) await ordeal.round(kill);
  await ordeal.end();
});

/** One database and one root, through all kills. */
class Ordeal {
  readonly #test: TestContext;
  readonly #random: SeededRandom;
  readonly #places: Places;
  readonly #args: readonly string[];
  readonly #trainer: StandInTrainer;
  readonly #trail: EventTrail;
  readonly #standingBy: ServerChild[] = [];
  readonly #claims: Claim[] = [];
  readonly #wreckage = new Map<string, number>();
  #checked = 0;

  constructor(t: TestContext) {
    const seed = Number(process.env['STEPLEASE_TEST_SEED'] ?? Date.now() % 1_000_000);
    t.diagnostic(`STEPLEASE_TEST_SEED=${seed}`);
    this.#test = t;
    this.#random = new SeededRandom(seed);
    const root = CheckpointRoot.make(t);
    this.#places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
    this.#args = [root.path, '--db', this.#places.db, '--log-level', 'warn'];
    this.#trainer = new StandInTrainer(root, this.#random, STEPS_KEPT);
    this.#trail = new EventTrail(this.#places.db);
  }

  async round(kill: number): Promise<void> {
    const random = this.#random;
    if (kill > 0 && random.next() < 0.1) return this.#killWhileStarting();
    const server = this.#next();
    // The trainer does not care whether the server is there.
    const early = random.next() < 0.3 ? this.#trainer.turn() : null;
    await server.listening();
    await early;
    await this.#check(server);
    await this.#letGoOfMany(server);
    const work = { http: server, random, claims: this.#claims, steps: () => this.#trainer.steps };
    const clients = Array.from({ length: CLIENTS }, (_, index) => clientWork(work, `${kill}-${index}`));
    const training = random.next() < 0.5 ? this.#trainer.turn() : null;
    // The moment of the kill is what is random here: nothing is waited for.
    await delay(random.below(WITHIN_MS));
    await this.#kill(server);
    await Promise.all([...clients, training]);
  }

  async end(): Promise<void> {
    const server = this.#next();
    await server.listening();
    await this.#check(server);
    for (const claim of this.#claims) {
      const isTold = this.#trail.activeLeases.has(String(claim.lease.number));
      assert.ok(isTold || mayHaveExpired(claim), `events tell that lease ${claim.lease.number} is active`);
    }
    for (const { lease } of this.#claims) await server.ok(server.delete(`/leases/${lease.id}`), 204);
    await agree(server, this.#places);
    await this.#trail.follow(server);
    assert.deepEqual([...this.#trail.activeLeases], []);
    assert.deepEqual([...this.#trail.liveSnapshots], []);
    server.child.kill('SIGTERM');
    assert.equal(await server.child.exit(), 0);
    const interrupted = [...this.#wreckage].map(([what, count]) => `${count} ${what}`).join(', ');
    this.#test.diagnostic(
      `${this.#checked} claims checked, ${this.#trainer.savings} steps saved, ${this.#trail.length} events`,
    );
    this.#test.diagnostic(`interrupted: ${interrupted}`);
  }

  /** The next server starts; others get ready meanwhile. */
  #next(): ServerChild {
    while (this.#standingBy.length <= STANDING_BY)
      this.#standingBy.push(ServerChild.standBy(this.#test, this.#args));
    const [server] = this.#standingBy.splice(0, 1);
    assert.ok(server);
    server.proceed();
    return server;
  }

  async #check(server: ServerChild): Promise<void> {
    this.#checked += this.#claims.length;
    await checkAcknowledged(server, this.#claims, this.#trainer);
    await agree(server, this.#places);
    await this.#trail.follow(server);
  }

  /** Repairs after a crash must bear a crash, too: it comes as soon as the first of them is logged, or else before anybody is served. */
  async #killWhileStarting(): Promise<void> {
    const server = this.#next();
    await Promise.race([server.child.until('stderr', /reconciled/), server.listening()]);
    await delay(this.#random.below(5));
    await this.#kill(server);
  }

  async #kill(server: ServerChild): Promise<void> {
    server.child.kill('SIGKILL');
    assert.equal(await server.child.exit(), 'SIGKILL', server.child.stderr);
    assert.deepEqual(server.errors(), []);
    for (const what of wreckage(this.#places)) {
      this.#wreckage.set(what, (this.#wreckage.get(what) ?? 0) + 1);
    }
  }

  async #letGoOfMany(server: ServerChild): Promise<void> {
    for (const claim of this.#claims.filter(() => this.#random.next() < 0.6)) {
      await server.ok(server.delete(`/leases/${claim.lease.id}`), 204);
      claim.state = 'ended';
    }
  }
}
