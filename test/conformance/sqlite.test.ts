import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import type { Store } from '../../src/engine/store.js';
import { FakeClock } from '../support/fake-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { storeConformance } from './store-suite.js';

storeConformance('SQLite', async (test) => {
  const opened: Store[] = [];
  // Hooks run in this order: close first, then remove the directory.
  test.after(async () => {
    await Promise.all(opened.map((store) => store.close()));
  });
  const file = join(await temporaryDirectory(test), 'store.db');
  const clock = new FakeClock();
  return {
    open: async () => {
      const store = await openSqliteStore({ file, clock });
      opened.push(store);
      return store;
    },
  };
});
