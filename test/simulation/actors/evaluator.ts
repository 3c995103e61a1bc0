import type { World } from '../world.js';
import type { Script } from './script.js';
import { Shell } from './shell.js';

const PLACE = '/_SNAPSHOTS';

/** A stock Orbax evaluator on the same root: at its start it removes every snapshot there, then makes and removes its own. */
export class Evaluator {
  readonly #world: World;
  readonly #shell: Shell;

  constructor(world: World) {
    this.#world = world;
    this.#shell = new Shell(world, 'evaluator');
  }

  *act(): Script {
    const { chance } = this.#world;
    yield chance.duration(2_000, 60_000);
    for (const name of this.#shell.names(PLACE))
      if (this.#shell.find(`${PLACE}/${name}`)?.kind === 'directory') yield* this.#remove(`${PLACE}/${name}`);
    this.#shell.mkdir(PLACE);
    const step = chance.pick(this.#shell.names('/').filter((name) => /^\d+$/.test(name)));
    if (step === undefined || this.#shell.find(`${PLACE}/${step}`) !== null) return;
    this.#shell.mkdir(`${PLACE}/${step}`);
    yield chance.duration(1, 100);
    this.#shell.write(`${PLACE}/${step}/copy`, new TextEncoder().encode('a copy'));
    yield chance.duration(10, 5_000);
    yield* this.#remove(`${PLACE}/${step}`);
  }

  *#remove(path: string): Script {
    for (const name of this.#shell.names(path)) yield* this.#remove(`${path}/${name}`);
    this.#shell.remove(path);
    yield this.#world.chance.duration(0.1, 10);
  }
}
