import { readSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Preloaded by `node --import`: loads what the server consists of, and then stands by until its standard input ends. Its worker threads are
// preloaded, too, but have nothing to wait for.
if (isMainThread) {
  await import('../../src/app.js');
  readSync(0, Buffer.alloc(1));
}
