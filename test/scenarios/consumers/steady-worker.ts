import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpClient, Json } from '../../support/http-client.js';

/** Takes and acknowledges every step of a consumer, whatever happens to the server meanwhile: each request is repeated until it is answered. */
export class SteadyWorker {
  /** In the order in which they were acknowledged. */
  readonly acknowledged: number[] = [];
  readonly #server: () => HttpClient;
  #requests = 0;

  /** @param server the one that runs at the moment. */
  constructor(server: () => HttpClient) {
    this.#server = server;
  }

  /** Until the run is finished and everything is delivered. */
  async work(): Promise<void> {
    for (;;) {
      const lease = await this.#next();
      if (lease === null) return;
      const { commit_timestamp_nsecs } = JSON.parse(
        readFileSync(join(lease.path, '_CHECKPOINT_METADATA'), 'utf8'),
      );
      assert.ok(commit_timestamp_nsecs > 0, `step ${lease.step} is whole`);
      await this.#repeat(() =>
        this.#server().post(`/leases/${lease.id}/ack`, { result: { at: lease.step } }),
      );
      this.acknowledged.push(lease.step);
    }
  }

  async #next(): Promise<Json> {
    for (;;) {
      this.#requests += 1;
      const headers = { 'idempotency-key': `request-${this.#requests}` };
      const { status, body } = await this.#repeat(() =>
        this.#server().post('/consumers/steady/next', { timeout: 5, ttl: 60 }, { headers }),
      );
      if (status === 201 || body.id !== undefined) return body;
      if (body.reason === 'finished') return null;
    }
  }

  async #repeat(request: () => ReturnType<HttpClient['post']>): ReturnType<HttpClient['post']> {
    for (;;) {
      try {
        const answer = await request();
        if (answer.status < 300) return answer;
        // Only a server that comes or goes may refuse.
        assert.equal(answer.status, 503, JSON.stringify(answer.body));
      } catch (error) {
        // fetch failed: there is no server at the moment
        if (!(error instanceof TypeError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
