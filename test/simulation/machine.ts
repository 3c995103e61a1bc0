import { observerOf } from '../../src/engine/observer.js';
import type { EngineSettings } from '../../src/engine/start-engine.js';
import { SETTINGS } from '../engine/support/engine-stage.js';
import type { Player } from './actors/script.js';
import { HappeningLog } from './model/happening-log.js';
import { Service } from './server/service.js';
import { ROOT, RUN, type World } from './world.js';

/** The service on its machine, from start to start. */
export class Machine {
  service: Service | null = null;
  readonly #world: World;
  readonly #happenings: HappeningLog;
  readonly #trainers: Player[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#happenings = new HappeningLog(world);
  }

  /** Trainers run on the same machine: a power cut ends them, too. */
  hosts(trainer: Player): void {
    this.#trainers.push(trainer);
  }

  start(): void {
    if (this.service !== null) return;
    const { trace, faults } = this.#world;
    trace.add('service', 'starts');
    const observer = observerOf((name, happening) => this.#happenings.hear(service, name, happening));
    const service: Service = new Service(this.#world, this.#settings(), observer);
    this.service = service;
    faults.trouble(0);
    service.started.then(
      () => {
        service.servedMs = this.#world.agenda.nowMs;
        trace.add('service', 'serves');
      },
      (error: unknown) => {
        trace.add('service', `cannot start: ${error instanceof Error ? error.message : String(error)}`);
        if (!faults.isTroubled()) this.#world.fail(error);
        this.kill();
        this.#world.agenda.in(1_000, 'start again', () => this.start());
      },
    );
  }

  kill(): void {
    if (this.service === null) return;
    this.#world.trace.add('service', 'is killed');
    this.service.process.die();
    this.service = null;
  }

  cutPower(): void {
    const { volume, disk, chance, trace, savings } = this.#world;
    this.service?.process.die();
    this.service = null;
    const [names, commits] = [volume.cutPower(chance), disk.cutPower(chance)];
    trace.add('machine', `lost power, and with it ${names} changes of names and ${commits} commits`);
    for (const trainer of this.#trainers) trainer.interrupt(chance.duration(100, 5_000));
    savings.refresh();
    this.#world.territory.refresh();
  }

  /** As on SIGTERM; a second signal ends it when that takes too long. */
  async stopInOrder(): Promise<void> {
    const { service } = this;
    if (service === null) return;
    if (service.engine !== null) {
      const { engine } = service;
      engine.drain();
      const stopped = engine.close().then(() => this.#world.trace.add('service', 'stopped'));
      await Promise.race([stopped, this.#world.sleep(10_000)]);
    }
    if (this.service === service) this.kill();
  }

  #settings(): EngineSettings {
    return {
      runs: [{ name: RUN, directory: ROOT, options: this.#world.habits.options }],
      allowRoots: ['/checkpoints'],
      ...SETTINGS,
    };
  }
}
