import { performance } from 'node:perf_hooks';
import { call, type Wait } from './client.js';
import { type Journal, milliseconds } from './journal.js';

/**
 * Waits for every step with `GET /wait?after=CURSOR`, missing none, and notes how long after the trainer's rename each became known.
 *
 * @param savedAt performance.now() just before a step was renamed into place.
 */
export async function watch(
  url: string,
  journal: Journal,
  savedAt: (step: number) => Promise<number>,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  let { cursor } = (await call(url, 'GET', '/steps')) as { cursor: string };
  for (;;) {
    const wait = (await call(url, 'GET', `/wait?after=${cursor}&timeout=20`)) as Wait;
    const knownAt = performance.now();
    if (!wait.satisfied) return latencies;
    const latency = knownAt - (await savedAt(wait.step));
    latencies.push(latency);
    journal.tell('watcher', `knows step ${wait.step}, ${milliseconds(latency)} after its rename`);
    cursor = wait.cursor;
  }
}
