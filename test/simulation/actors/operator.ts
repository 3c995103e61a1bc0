import type { Errno } from '../faults.js';
import type { Machine } from '../machine.js';
import type { World } from '../world.js';

/** What happens to machines: kills, power cuts, restarts, standstills, clocks that are set, disks that fail. */
export class Operator {
  readonly #world: World;
  readonly #machine: Machine;

  constructor(world: World, machine: Machine) {
    this.#world = world;
    this.#machine = machine;
  }

  async live(): Promise<never> {
    const { chance, faults, trace, wall } = this.#world;
    for (;;) {
      await this.#world.sleep(chance.duration(2_000, 60_000));
      const act = chance.weighted({
        kill: 4,
        killInCall: 6,
        powerCut: 4,
        restart: 2,
        standStill: 3,
        stepWall: 2,
        failFiles: 3,
        failStore: 2,
      });
      trace.add('operator', act);
      switch (act) {
        case 'kill':
          this.#machine.kill();
          await this.#startLater();
          break;
        case 'killInCall':
          this.#machine.service?.dieAfterCalls(chance.between(0, 60));
          await this.#world.sleep(chance.duration(10, 5_000));
          this.#machine.kill();
          await this.#startLater();
          break;
        case 'powerCut':
          this.#machine.cutPower();
          await this.#startLater();
          break;
        case 'restart':
          await this.#machine.stopInOrder();
          await this.#startLater();
          break;
        case 'standStill': {
          const forMs = chance.duration(100, 20_000);
          this.#machine.service?.process.stop(forMs);
          faults.trouble(forMs);
          break;
        }
        case 'stepWall':
          wall.step(chance.pick([-3_600_000, -5_000, -20, 20, 5_000, 3_600_000]));
          break;
        case 'failFiles': {
          const errno = chance.pick<Errno>(['ENOSPC', 'EIO', 'EACCES', 'ESTALE']);
          faults.failFiles(errno, chance.duration(10, 5_000), chance.pick([5, 50, 100]));
          break;
        }
        case 'failStore':
          faults.failStore(chance.duration(10, 5_000));
          break;
      }
    }
  }

  async #startLater(): Promise<void> {
    await this.#world.sleep(this.#world.chance.duration(1, 20_000));
    this.#machine.start();
  }
}
