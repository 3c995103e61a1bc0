import { Administrator } from './actors/administrator.js';
import { Evaluator } from './actors/evaluator.js';
import { Lessee } from './actors/lessee.js';
import { Operator } from './actors/operator.js';
import { Reader } from './actors/reader.js';
import { Player } from './actors/script.js';
import { Trainer } from './actors/trainer.js';
import { Waiter } from './actors/waiter.js';
import { Worker } from './actors/worker.js';
import { Machine } from './machine.js';
import { Upkeep } from './model/upkeep.js';
import { Network } from './network.js';
import { World } from './world.js';

export interface History {
  readonly seed: number;
  /** Null: every promise was kept. */
  readonly violation: Error | null;
  readonly events: readonly string[];
  readonly hash: string;
  /** How many items of the agenda there were. */
  readonly steps: number;
}

/** Makes one history: everything in it follows from the seed. */
export async function simulate(seed: number, hours: number): Promise<History> {
  const world = new World(seed);
  const { agenda, trace } = world;
  trace.add('seed', `${seed}: ${JSON.stringify(world.habits)}`);
  const machine = new Machine(world);
  const network = new Network(world, () => machine.service);
  const { ledger } = world;
  const upkeep = new Upkeep(world);
  for (let count = world.chance.pick([1, 1, 1, 2]); count > 0; count--) {
    const trainer = new Trainer(world, `trainer-${count}`);
    machine.hosts(new Player(world, () => trainer.act()));
  }
  machine.start();
  const lives: Promise<unknown>[] = [new Operator(world, machine).live()];
  for (let count = world.chance.between(1, 4); count > 0; count--)
    lives.push(new Lessee(world, network, `lessee-${count}`).live());
  for (let count = world.chance.between(0, 2); count > 0; count--)
    lives.push(new Waiter(world, network, `waiter-${count}`).live());
  for (const consumer of world.chance.pick([[], [], ['all'], ['newest'], ['all', 'all', 'newest']]))
    lives.push(new Worker(world, network, `worker-${lives.length}`, consumer).live());
  if (world.chance.percent(30)) lives.push(new Administrator(world, network).live());
  if (world.chance.percent(40)) lives.push(new Reader(world, network).live());
  if (world.habits.options.snapshotLayout === 'orbax' && world.chance.percent(50)) {
    const evaluator = new Evaluator(world);
    new Player(world, () => evaluator.act());
  }
  for (const life of lives) life.catch((error: unknown) => world.fail(error));
  let steps = 0;
  const endMs = hours * 3_600_000;
  for (let item = agenda.next(endMs); item !== null && world.violation === null; item = agenda.next(endMs)) {
    steps += 1;
    try {
      item.act();
      await settled();
      if (world.territory.takeChanges()) world.leases.check();
      ledger.check();
      upkeep.check(machine.service);
    } catch (error) {
      world.fail(error);
    }
  }
  return { seed, violation: world.violation, events: trace.lines, hash: trace.hash(), steps };
}

/** Every promise that can go on has gone on: nothing in a history waits for anything but its agenda. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
