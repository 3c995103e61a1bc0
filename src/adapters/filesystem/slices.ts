import type { OsTime } from './os.js';

/** How long one job may keep a worker thread to itself. */
const SLICE_MS = 5;

/**
 * Cuts a long job of synchronous calls into slices, between which the worker's other requests get their turn. In the loop:
 * `if (slices.due()) await slices.rest();`
 */
export class Slices {
  private readonly time: OsTime;
  private began: number;

  constructor(time: OsTime) {
    this.time = time;
    this.began = time.elapsedMs();
  }

  due(): boolean {
    return this.time.elapsedMs() - this.began >= SLICE_MS;
  }

  async rest(): Promise<void> {
    await this.time.nextTurn();
    this.began = this.time.elapsedMs();
  }
}
