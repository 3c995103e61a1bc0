import type { Cancel, Clock } from '../clock.js';
import type { LeaseBook } from '../leases/lease-book.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import type { Observer } from '../observer.js';
import type { Snapshotter } from './snapshotter.js';

const INTERVAL_MS = 5_000;

/** Looks at every snapshot now and then, so that a holder who never renews learns of a loss, too. */
export class Auditor {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #book: LeaseBook;
  readonly #snapshotter: Snapshotter;
  readonly #terms: LeaseTerms;
  #cancel: Cancel = () => undefined;
  #isClosed = false;

  constructor(
    clock: Clock,
    observer: Observer,
    book: LeaseBook,
    snapshotter: Snapshotter,
    terms: LeaseTerms,
  ) {
    this.#clock = clock;
    this.#observer = observer;
    this.#book = book;
    this.#snapshotter = snapshotter;
    this.#terms = terms;
  }

  start(): void {
    this.#cancel = this.#clock.after(INTERVAL_MS, () => {
      this.audit()
        .catch((error: unknown) => this.#observer.internalError({ during: 'auditing snapshots', error }))
        .finally(() => {
          if (!this.#isClosed) this.start();
        });
    });
  }

  async audit(): Promise<void> {
    for (const snapshot of this.#book.allSnapshots()) {
      const vanished = await this.#snapshotter.audit(snapshot);
      if (vanished !== null) await this.#terms.lose(snapshot, vanished);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }
}
