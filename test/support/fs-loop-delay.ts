import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The event loop's delay over several stretches; each gets its own histogram, because one counts the pauses between them. */
export class LoopDelay {
  private readonly p99: number[] = [];
  private readonly max: number[] = [];
  private histogram = monitorEventLoopDelay({ resolution: 1 });

  async start(): Promise<void> {
    // The loop catches up first after a call that blocked it: that is not the adapter's doing.
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    this.histogram = monitorEventLoopDelay({ resolution: 1 });
    this.histogram.enable();
  }

  stop(): void {
    this.histogram.disable();
    this.p99.push(this.histogram.percentile(99) / 1e6);
    this.max.push(this.histogram.max / 1e6);
  }

  toString(): string {
    const middle = this.p99.toSorted((a, b) => a - b)[Math.floor(this.p99.length / 2)];
    return `p99 ${middle?.toFixed(1)} ms (median of ${this.p99.length} stretches), max ${Math.max(...this.max).toFixed(1)} ms`;
  }
}
