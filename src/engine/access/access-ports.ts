import type { Clock } from '../clock.js';
import type { Observer } from '../observer.js';
import type { Store } from '../store.js';

export interface AccessPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly observer: Observer;
  /** SHA-256 of a text, in hex. */
  readonly digest: (text: string) => string;
}
