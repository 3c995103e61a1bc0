/** How long one job may keep a worker thread to itself. */
const SLICE_MS = 5;

/**
 * Cuts a long job of synchronous calls into slices, between which the worker's other requests get their turn. In the loop:
 * `if (slices.due()) await slices.rest();`
 */
export class Slices {
  private began = performance.now();

  due(): boolean {
    return performance.now() - this.began >= SLICE_MS;
  }

  async rest(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.began = performance.now();
  }
}
