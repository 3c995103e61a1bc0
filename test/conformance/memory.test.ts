import { MemoryStorage } from '../support/memory-store/memory-store.js';
import { storeConformance } from './store-suite.js';

let storages = 0;

storeConformance('memory', async () => {
  storages += 1;
  const storage = new MemoryStorage(`memory-${String(storages).padStart(4, '0')}`);
  return { open: async () => storage.open() };
});
