import type { Cancel, Clock } from '../clock.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import type { Observer } from '../observer.js';
import type { SnapshotAudit } from '../snapshots/snapshot-audit.js';

const INTERVAL_MS = 5_000;

/** Looks at every snapshot now and then, so that a holder who never renews learns of a loss, too. */
export class Auditor {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #holdings: LiveHoldings;
  readonly #audit: SnapshotAudit;
  readonly #terms: LeaseTerms;
  #cancel: Cancel = () => undefined;
  #isClosed = false;

  constructor(
    clock: Clock,
    observer: Observer,
    holdings: LiveHoldings,
    audit: SnapshotAudit,
    terms: LeaseTerms,
  ) {
    this.#clock = clock;
    this.#observer = observer;
    this.#holdings = holdings;
    this.#audit = audit;
    this.#terms = terms;
  }

  start(): void {
    this.#cancel = this.#clock.after(INTERVAL_MS, () => {
      void this.#lookAtAll().finally(() => {
        if (!this.#isClosed) this.start();
      });
    });
  }

  async #lookAtAll(): Promise<void> {
    for (const snapshot of this.#holdings.allSnapshots()) {
      if (this.#isClosed) return;
      try {
        const vanished = await this.#audit.look(snapshot);
        if (vanished !== null) await this.#terms.lose(snapshot, vanished);
      } catch (error) {
        // One that cannot be looked at must not keep the others from it.
        this.#observer.internalError({ during: `auditing ${snapshot.path}`, error });
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }
}
