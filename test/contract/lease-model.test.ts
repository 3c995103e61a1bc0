import test from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../support/fake-clock.js';
import { repeating } from '../support/repeating-store.js';
import {
  Advance,
  BreakLease,
  Damage,
  DeleteStep,
  Grant,
  Release,
  Renew,
  Restart,
  SaveStep,
} from './support/lease-commands.js';
import { LeaseModel } from './support/lease-model.js';
import { Stage } from './support/stage.js';

const RUNS = 4;
const STEPS = fc.integer({ min: 1, max: 3 });
/** Which of the leases granted so far, counted from the newest. */
const WHICH = fc.nat({ max: 4 });
const TTL = fc.constantFrom(1, 5, 60);

const commands = fc.commands(
  [
    STEPS.map((step) => new SaveStep(step)),
    STEPS.map((step) => new SaveStep(step)),
    STEPS.map((step) => new DeleteStep(step)),
    fc.tuple(STEPS, TTL).map(([step, ttl]) => new Grant({ step, ttl })),
    TTL.map((ttl) => new Grant({ step: 'latest', ttl })),
    fc.tuple(WHICH, fc.option(TTL)).map(([which, ttl]) => new Renew(which, ttl)),
    WHICH.map((which) => new Release(which)),
    WHICH.map((which) => new BreakLease(which)),
    WHICH.map((which) => new Damage(which)),
    fc.constantFrom(100, 900, 4_000, 30_000).map((ms) => new Advance(ms)),
    fc.constant(new Restart()),
  ],
  { maxCommands: 40, size: 'max' },
);

for (const snapshot_layout of ['generation', 'orbax'] as const) {
  for (const snapshot_mode of ['hardlink', 'copy'] as const) {
    test(`${snapshot_layout}, ${snapshot_mode}: whatever happens in whatever order, the invariants of leases hold`, async () => {
      const property = fc.asyncProperty(commands, async (sequence) => {
        const cleanups: (() => void | Promise<void>)[] = [];
        const clock = new FakeClock();
        const stage = await Stage.set(
          { after: (cleanup) => cleanups.push(cleanup) },
          { clock, run: { snapshot_mode, snapshot_layout }, around: { store: repeating } },
        );
        try {
          const model = new LeaseModel(snapshot_layout);
          await fc.asyncModelRun(() => ({ model, real: { stage, clock } }), sequence);
        } finally {
          for (const cleanup of cleanups.reverse()) await cleanup();
        }
      });
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    });
  }
}
