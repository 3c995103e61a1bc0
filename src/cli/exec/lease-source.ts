import { Type } from '../../typebox.js';
import { Lease, Unsatisfied } from '../client/documents.js';
import type { Call, ServerClient } from '../client/server-client.js';
import { goalOf } from '../waiting/ended-without-step.js';
import { isUnsatisfied } from '../waiting/wait-in-slices.js';

/** Where the leases come from that commands are run on, and how the server is told what became of them. */
export interface LeaseSource {
  /** What is waited for, in words. */
  readonly goal: string;
  /** One request that waits so long at most. */
  ask(timeoutSeconds: number, signal: AbortSignal): Promise<Lease | Unsatisfied>;
  /** The call that ends a lease, by the status of the command. */
  settlement(lease: Lease, status: number): Call;
  /** What a delivered settlement means, in words. */
  settled(status: number): string;
  /** What an undelivered settlement means, in words. */
  readonly unsettled: string;
}

export interface LeaseTerms {
  readonly run: string;
  readonly ttl: number | null;
  readonly holder: string;
  readonly waitId: string;
}

const Answer = Type.Union([Lease, Unsatisfied]);

/** The highest step from `until` on, and then each time the highest beyond the last one. */
export class NewestSteps implements LeaseSource {
  readonly unsettled = 'the lease ends by itself when its TTL is over';
  readonly #client: ServerClient;
  readonly #terms: LeaseTerms;
  #until: number | null;

  constructor(client: ServerClient, terms: LeaseTerms, until: number | null) {
    this.#client = client;
    this.#terms = terms;
    this.#until = until;
  }

  get goal(): string {
    return goalOf({ until: this.#until, run: this.#terms.run });
  }

  async ask(timeout: number, signal: AbortSignal): Promise<Lease | Unsatisfied> {
    const { run, ttl, holder, waitId } = this.#terms;
    const answer = await this.#client.document(Answer, {
      method: 'POST',
      path: ['leases'],
      query: { run },
      body: { until: this.#until, timeout, ttl, holder, wait_id: waitId },
      signal,
    });
    if (!isUnsatisfied(answer)) this.#until = answer.step + 1;
    return answer;
  }

  settlement({ id }: Lease): Call {
    return { method: 'DELETE', path: ['leases', id] };
  }

  settled(): string {
    return 'the lease is released';
  }
}

/** What a consumer owes: it remembers, on the server, what was acknowledged. */
export class ConsumerSteps implements LeaseSource {
  readonly unsettled = 'the consumer offers the step again when the TTL of the lease is over';
  readonly goal: string;
  readonly #client: ServerClient;
  readonly #terms: LeaseTerms;
  readonly #name: string;
  readonly #nackDelay: number | null;

  constructor(client: ServerClient, terms: LeaseTerms, name: string, nackDelay: number | null) {
    this.#client = client;
    this.#terms = terms;
    this.#name = name;
    this.#nackDelay = nackDelay;
    this.goal = `a step for consumer ${name}`;
  }

  ask(timeout: number, signal: AbortSignal): Promise<Lease | Unsatisfied> {
    const { run, ttl, holder } = this.#terms;
    return this.#client.document(Answer, {
      method: 'POST',
      path: ['consumers', this.#name, 'next'],
      query: { run },
      body: { timeout, ttl, holder },
      signal,
    });
  }

  settlement({ id }: Lease, status: number): Call {
    return status === 0
      ? { method: 'POST', path: ['leases', id, 'ack'] }
      : { method: 'POST', path: ['leases', id, 'nack'], body: { delay: this.#nackDelay } };
  }

  settled(status: number): string {
    return status === 0 ? 'the consumer has it acknowledged' : 'the consumer offers it again';
  }
}
