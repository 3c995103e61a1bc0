import type { HappeningName, Happenings } from '../../../src/engine/observer.js';
import type { Service } from '../server/service.js';
import { Violation } from '../violation.js';
import type { World } from '../world.js';

/** Hears what the service tells its observer, and holds it to that. */
export class HappeningLog {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  hear<Name extends HappeningName>(service: Service, name: Name, happening: Happenings[Name]): void {
    const { trace } = this.#world;
    if (!service.process.isAlive) return;
    trace.add('service', `${name} ${describe(happening)}`);
    try {
      // Each name comes with its own happening, which the compiler cannot see here.
      if (name === 'leaseEnded') this.#leaseEnded(happening as Happenings['leaseEnded']);
      if (name === 'eventAppended')
        this.#world.ledger.told((happening as Happenings['eventAppended']).sequence);
      if (name === 'internalError') this.#internalError(happening as Happenings['internalError']);
    } catch (error) {
      this.#world.fail(error);
    }
  }

  #leaseEnded({ number, state }: Happenings['leaseEnded']): void {
    const { leases } = this.#world;
    const lease = leases.find(number);
    if (lease !== null) leases.ended(lease, state);
  }

  #internalError({ during, error }: Happenings['internalError']): void {
    if (this.#world.faults.isTroubled()) return;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Violation('no defect', `an error nobody foresaw, while ${during}: ${message}`);
  }
}

function describe(happening: object): string {
  return JSON.stringify(happening, (_key, value: unknown) =>
    value instanceof Error ? `${value.name}: ${value.message}` : value,
  );
}
