import { sha256 } from '../../src/adapters/access/sha256.js';
import { systemClock } from '../../src/adapters/system-clock.js';
import { Access } from '../../src/engine/access/access.js';
import type { Clock } from '../../src/engine/clock.js';
import { MemoryStorage } from './memory-store/memory-store.js';
import { Observed } from './observed.js';

/** An access on a store in memory, in which there is no token yet. */
export function openAccess(clock: Clock = systemClock): Promise<Access> {
  const store = new MemoryStorage('access').open();
  return Access.open({ store, clock, observer: new Observed().observer, digest: sha256 });
}
