import type { Cancel, Clock } from '../clock.js';
import { Interrupt } from '../signals/interrupt.js';
import type { Principal } from './principal.js';
import { RunGlobs } from './run-globs.js';
import type { TokenRecord } from './token.js';

/** Wall time may jump, so the time until an expiry is looked at again this often. */
const LOOK_MS = 3_000;

/** A token that can be used, with everybody who came in with it: they are told when it ends. */
export class LiveToken {
  readonly principal: Principal;
  readonly #clock: Clock;
  readonly #ended = new Interrupt();
  #record: TokenRecord;
  #cancel: Cancel = () => undefined;

  constructor(record: TokenRecord, clock: Clock) {
    const { name, scope, runs } = record;
    this.#record = record;
    this.#clock = clock;
    this.principal = { name, scope, runs: new RunGlobs(runs), ended: this.#ended };
    this.#look();
  }

  get record(): TokenRecord {
    return this.#record;
  }

  get isExpired(): boolean {
    const { expiresAt } = this.#record;
    return expiresAt !== null && this.#clock.now() >= expiresAt;
  }

  use(at: number): void {
    this.#record = { ...this.#record, lastUsedAt: at };
  }

  /** Keeps no timer any more. */
  rest(): void {
    this.#cancel();
  }

  end(): void {
    this.rest();
    this.#ended.raise('token_ended');
  }

  #look(): void {
    const { expiresAt } = this.#record;
    if (expiresAt === null) return;
    if (this.isExpired) this.end();
    else
      this.#cancel = this.#clock.after(Math.min(expiresAt - this.#clock.now(), LOOK_MS), () => this.#look());
  }
}
