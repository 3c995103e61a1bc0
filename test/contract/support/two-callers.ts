import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ANONYMOUS, type Principal } from '../../../src/engine/access/principal.js';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import type { LeaseDocument } from '../../../src/engine/documents.js';
import { EngineStage } from '../../engine/support/engine-stage.js';
import { startServer } from '../../routes/support/test-server.js';
import { HttpClient } from '../../support/http-client.js';
import { Trainer } from './trainer.js';

export const LIMITED: Principal = {
  ...ANONYMOUS,
  name: 'limited',
  runs: new RunGlobs(['r', 'team-*']),
};

/**
 * One engine, and two who call it over HTTP: one sees all runs, the other `r` and `team-*`. There are `r`, in which nothing happened, and
 * `secret` with step 7, a lease of it and a consumer that delivered it.
 */
export class TwoCallers {
  readonly stage: EngineStage;
  readonly everybody = new HttpClient();
  readonly limited = new HttpClient();
  readonly secret: Trainer;

  private constructor(stage: EngineStage) {
    this.stage = stage;
    this.secret = new Trainer(join(stage.trainer.directory, '..', 'secret'));
  }

  static async meet(t: TestContext): Promise<TwoCallers> {
    const stage = await EngineStage.set(t, { minFreeBytes: 0 });
    const callers = new TwoCallers(stage);
    const { engine } = stage;
    callers.everybody.base = (await startServer(t, engine)).url;
    callers.limited.base = (await startServer(t, { ...engine, as: () => engine.as(LIMITED) })).url;
    await mkdir(callers.secret.directory);
    await callers.register('secret');
    await callers.secret.save(7);
    await callers.everybody.ok(callers.everybody.get('/wait?run=secret'));
    return callers;
  }

  register(run: string): Promise<unknown> {
    const body = { directory: this.secret.directory, min_free_bytes: 0 };
    return this.everybody.ok(this.everybody.put(`/runs/${run}`, body), 201);
  }

  /** A lease of the run that the limited caller does not see. */
  lease(): Promise<LeaseDocument> {
    return this.everybody.ok(this.everybody.post('/leases?run=secret', { step: 7, ttl: 600 }), 201);
  }

  async delivery(): Promise<LeaseDocument> {
    const consumer = { mode: 'every', start: 'earliest', ttl: 600 };
    await this.everybody.ok(this.everybody.put('/consumers/eval?run=secret', consumer), 201);
    return this.everybody.ok(this.everybody.post('/consumers/eval/next?run=secret'), 201);
  }
}
