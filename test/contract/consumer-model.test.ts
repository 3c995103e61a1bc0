import test from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../support/fake-clock.js';
import { repeating } from '../support/repeating-store.js';
import { Ack, Advance, Break, Nack, Next, Release, Restart, Save } from './support/consumer-commands.js';
import { ConsumerModel } from './support/consumer-model.js';
import { Stage } from './support/stage.js';
import { Workers } from './support/workers.js';

const RUNS = 6;
/** Which of the deliveries under way. */
const WHICH = fc.nat({ max: 2 });

const commands = fc.commands(
  [
    fc.constant(new Save()),
    fc.constant(new Save()),
    fc.constant(new Next()),
    fc.constant(new Next()),
    fc.constant(new Next()),
    WHICH.map((which) => new Ack(which)),
    fc.tuple(WHICH, fc.constantFrom(0, 2_000, 90_000)).map(([which, delayMs]) => new Nack(which, delayMs)),
    WHICH.map((which) => new Release(which)),
    WHICH.map((which) => new Break(which)),
    fc.constantFrom(500, 3_000, 30_000).map((ms) => new Advance(ms)),
    fc.constant(new Restart()),
  ],
  { maxCommands: 40, size: 'max' },
);

for (const maxInFlight of [1, 3]) {
  test(`max_in_flight ${maxInFlight}: whatever happens in whatever order, each step is delivered as the rules say`, async () => {
    const property = fc.asyncProperty(commands, async (sequence) => {
      const cleanups: (() => void | Promise<void>)[] = [];
      const clock = new FakeClock();
      const stage = await Stage.set(
        { after: (cleanup) => cleanups.push(cleanup) },
        { clock, around: { store: repeating } },
      );
      try {
        const settings = { maxInFlight, maxDeliver: 3, ttlMs: 5_000 };
        const workers = await Workers.set(stage, {
          mode: 'every',
          start: 'earliest',
          max_pending: 100,
          max_in_flight: maxInFlight,
          max_deliver: settings.maxDeliver,
          ttl: settings.ttlMs / 1_000,
        });
        const model = new ConsumerModel(settings);
        await fc.asyncModelRun(() => ({ model, real: { stage, clock, workers } }), sequence);
      } finally {
        for (const cleanup of cleanups.reverse()) await cleanup();
      }
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });
}
