import type { EventLog } from '../events/event-log.js';
import { letGo } from '../snapshots/let-go.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import type { LiveConsumer } from './live-consumer.js';
import { changeOwed } from './owed-states.js';
import { newestBeyond } from './start-position.js';

export interface NewestStepPorts {
  readonly log: EventLog;
  readonly remover: SnapshotRemover;
}

/** What a consumer of mode `latest` takes up: never more than one step ahead, and none that somebody is not waiting for. */
export class NewestStep {
  readonly #ports: NewestStepPorts;

  constructor(ports: NewestStepPorts) {
    this.#ports = ports;
  }

  /** The newest step that was not yielded yet, unless it is taken up already; null: there is none, or the mode is another. */
  find({ run }: LiveRun, consumer: LiveConsumer): TrackedStep | null {
    const { settings, lastYielded } = consumer.record;
    if (settings.mode !== 'latest' || run.availability !== 'available') return null;
    const found = newestBeyond(settings, run.index.finalized(), lastYielded);
    if (found === null || found.entry.generation === null) return found;
    return consumer.byGeneration(found.entry.generation) === null ? found : null;
  }

  /** What waited to be offered again is superseded by it. False: it cannot be looked at. */
  async takeUp(live: LiveRun, consumer: LiveConsumer, { entry }: TrackedStep): Promise<boolean> {
    const { run, name } = consumer;
    // Of thousands it may be one that was not looked at yet.
    if (entry.generation === null) await live.watcher.examine(entry.name);
    const { step, generation, name: stepName } = live.run.index.get(entry.name)?.entry ?? entry;
    if (step === null || generation === null) return false;
    const { log, remover } = this.#ports;
    await log.commit(async (tx, changes) => {
      for (const owed of await tx.consumers.owed(run, name)) {
        if (owed.leaseNumber !== null || consumer.isClaimed(owed.ordinal)) continue;
        if (!(await changeOwed(tx, owed, 'superseded'))) continue;
        changes.apply(() => consumer.remove(owed.ordinal));
        await letGo(tx, changes, remover, owed);
      }
      const taken = await tx.consumers.owe(run, name, [{ step, stepName, generation }]);
      changes.apply(() => {
        for (const owed of taken) consumer.put(owed);
      });
    });
    return true;
  }

  /** A step that was gone before anybody got it was not yielded: the next newest is looked for. */
  async forsake(consumer: LiveConsumer, owed: OwedStep): Promise<void> {
    await this.#ports.log.commit(async (tx, { apply }) => {
      if (await changeOwed(tx, owed, 'superseded')) apply(() => consumer.remove(owed.ordinal));
    });
  }
}
