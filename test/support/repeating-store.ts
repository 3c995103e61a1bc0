import type { Store } from '../../src/engine/store.js';

/** Each work runs twice, the first time in vain: as with a store that repeats a transaction which lost a race. */
export function repeating(store: Store): Store {
  const { id, runs, steps, events, snapshots, leases, keys, consumers, waits, tokens } = store;
  return {
    ...{ id, runs, steps, events, snapshots, leases, keys, consumers, waits, tokens },
    write: async (work) => {
      const inVain = store.write(async (tx) => {
        await work(tx);
        throw new TakenBack();
      });
      await inVain.catch((error: unknown) => {
        if (!(error instanceof TakenBack)) throw error;
      });
      return store.write(work);
    },
    close: () => store.close(),
  };
}

class TakenBack extends Error {}
