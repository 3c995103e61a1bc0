import type { Caller } from '../engine.js';
import { EngineError } from '../errors.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { JsonObject } from '../json.js';
import { SingleFlight } from '../signals/single-flight.js';
import type { Store } from '../store.js';

export interface Keyed {
  readonly run: string;
  readonly caller: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** @param wanted what a retry under the same key must ask for again. Null: the caller gave no key. */
export function keyedBy(run: string, caller: Caller, wanted: JsonObject): Keyed | null {
  if (caller.idempotencyKey === null) return null;
  return { run, caller: caller.name, key: caller.idempotencyKey, fingerprint: JSON.stringify(wanted) };
}

/**
 * Makes retries safe: within one run and for one caller, a key names one grant. While that is still waiting, a retry joins it; when it gave a
 * lease, a retry gets that lease; when it gave none, the key is free again.
 */
export class GrantKeys<T> {
  readonly #store: Store;
  readonly #grants = new SingleFlight<string, T>();
  readonly #fingerprints = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * @param repeat makes the answer for a call that joined another one.
   * @param replay answers with a lease granted before.
   * @param grant makes a new one.
   */
  async once(
    keyed: Keyed,
    repeat: (first: T) => T,
    replay: (lease: LeaseRecord) => T,
    grant: () => Promise<T>,
  ): Promise<T> {
    const name = JSON.stringify([keyed.run, keyed.caller, keyed.key]);
    const underWay = this.#grants.find(name);
    if (underWay !== null) {
      check(keyed, this.#fingerprints.get(name) ?? keyed.fingerprint);
      return repeat(await underWay);
    }
    this.#fingerprints.set(name, keyed.fingerprint);
    try {
      return await this.#grants.run(name, () => this.#replayOrGrant(keyed, replay, grant));
    } finally {
      this.#fingerprints.delete(name);
    }
  }

  async #replayOrGrant(keyed: Keyed, replay: (lease: LeaseRecord) => T, grant: () => Promise<T>): Promise<T> {
    const known = await this.#find(keyed);
    if (known !== null) return replay(known);
    try {
      return await grant();
    } catch (error) {
      const first = error instanceof KeyTaken ? await this.#find(keyed) : null;
      if (first === null) throw error;
      return replay(first);
    }
  }

  /** The lease that the key gave; null: none. */
  async #find(keyed: Keyed): Promise<LeaseRecord | null> {
    const known = await this.#store.keys.find(keyed.run, keyed.caller, keyed.key);
    if (known === null) return null;
    check(keyed, known.fingerprint);
    return this.#store.leases.byNumber(known.leaseNumber);
  }
}

/** Takes a grant back: its key gave another lease meanwhile. */
export class KeyTaken extends Error {
  constructor() {
    super('the idempotency key gave another lease meanwhile');
  }
}

function check(keyed: Keyed, fingerprint: string): void {
  if (keyed.fingerprint === fingerprint) return;
  throw new EngineError(
    'idempotency_mismatch',
    `idempotency key "${keyed.key}" was used for ${fingerprint}, and now for ${keyed.fingerprint}`,
    { hint: 'use a new key for a new request, and the same key only to repeat one' },
  );
}
