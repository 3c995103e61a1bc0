import assert from 'node:assert/strict';
import type {
  ConsumerDocument,
  ConsumerResultDocument,
  LeaseDocument,
} from '../../../src/engine/documents.js';
import { asLease, type PendingAnswer, type Stage } from './stage.js';

/** One consumer of the run `r`, as its workers see it. */
export class Workers {
  readonly #stage: Stage;
  readonly #name: string;

  constructor(stage: Stage, name = 'c') {
    this.#stage = stage;
    this.#name = name;
  }

  /** Makes the consumer, which must be new. */
  static async set(stage: Stage, settings: object, name = 'c'): Promise<Workers> {
    const workers = new Workers(stage, name);
    const answer = await workers.put(settings);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return workers;
  }

  put(settings: object): PendingAnswer {
    return this.#stage.call('PUT', `/consumers/${this.#name}?run=r`, { body: settings });
  }

  next(body: object = {}, key?: string): PendingAnswer {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.#stage.call('POST', `/consumers/${this.#name}/next?run=r`, { body, headers });
  }

  /** The next delivery, which must come. */
  async delivery(body: object = {}, key?: string): Promise<LeaseDocument> {
    const answer = await this.next(body, key);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return asLease(answer);
  }

  /** Why there is no delivery at once. */
  async refusal(body: object = {}): Promise<string> {
    const answer = await this.next({ timeout: 0, ...body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual([answer.body['satisfied'], answer.body['step']], [false, -1]);
    return answer.body['reason'];
  }

  ack(lease: LeaseDocument, body: object = {}): PendingAnswer {
    return this.#stage.post(`/leases/${lease.id}/ack`, body);
  }

  nack(lease: LeaseDocument, body: object = {}): PendingAnswer {
    return this.#stage.post(`/leases/${lease.id}/nack`, body);
  }

  /** Takes and acknowledges steps until there is none at the moment; gives them in the order in which they came. */
  async drain(): Promise<readonly number[]> {
    const steps: number[] = [];
    for (;;) {
      const answer = await this.next({ timeout: 0 });
      if (answer.status === 200) return steps;
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      const lease = asLease(answer);
      steps.push(lease.step);
      assert.equal((await this.ack(lease)).status, 200);
    }
  }

  async show(): Promise<ConsumerDocument> {
    const { status, body } = await this.#stage.get(`/consumers/${this.#name}?run=r`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async results(query = ''): Promise<readonly ConsumerResultDocument[]> {
    const { status, body } = await this.#stage.get(`/consumers/${this.#name}/results?run=r${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.items;
  }

  remove(): PendingAnswer {
    return this.#stage.call('DELETE', `/consumers/${this.#name}?run=r`);
  }

  /** Waits until the steps are held. */
  async held(...steps: readonly number[]): Promise<void> {
    for (const step of steps)
      await this.#stage.observed.next(
        'stepHeld',
        (hold) => hold.consumer === this.#name && hold.step === step,
      );
  }
}
