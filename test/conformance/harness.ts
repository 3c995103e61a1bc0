import type { Store, Transaction } from '../../src/engine/store.js';
import type { Cleanup } from '../support/temporary-directory.js';
import { run } from './sample-records.js';

/** One storage, empty at first. */
export interface TestStorage {
  /** Opens it, again too after `close`: what was written must be there. */
  open(): Promise<Store>;
}
/** Called once for each test; closes and removes everything when the test has ended. */
export type MakeStorage = (test: Cleanup) => Promise<TestStorage>;

/** A store that knows the run `r`, which steps and grant keys belong to. */
export async function storeWithRun(make: MakeStorage, test: Cleanup): Promise<Store> {
  const store = await (await make(test)).open();
  await store.write((tx) => tx.runs.put(run('r')));
  return store;
}

/** Runs `work`, then throws: whatever it did must not have happened. */
export async function writeAndFail(store: Store, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  const failure = new Error('the work failed on purpose');
  const outcome = store.write(async (tx) => {
    await work(tx);
    throw failure;
  });
  await outcome.then(
    () => {
      throw new Error('the write resolved although its work failed');
    },
    (error: unknown) => {
      if (error !== failure) {
        throw error;
      }
    },
  );
}
