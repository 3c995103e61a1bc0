import { Agenda } from './agenda.js';
import { Chance } from './chance.js';
import { Faults } from './faults.js';
import { drawHabits, type Habits } from './habits.js';
import type { DirectoryNode, Inode } from './kernel/inode.js';
import { Inodes } from './kernel/inodes.js';
import { Paths } from './kernel/paths.js';
import { Volume } from './kernel/volume.js';
import { DeliveryBook } from './model/delivery-book.js';
import { LeaseBook } from './model/lease-book.js';
import { Ledger } from './model/ledger.js';
import { Savings } from './model/savings.js';
import { Territory } from './model/territory.js';
import { WaitBook } from './model/wait-book.js';
import { VirtualDisk } from './server/virtual-disk.js';
import { Trace } from './trace.js';
import { Violation } from './violation.js';
import { WallClock } from './wall-clock.js';

export const ROOT = '/checkpoints/r';
export const RUN = 'r';

/** The machine, what the model knows of it, and the seed that decides everything in it. */
export class World {
  readonly chance: Chance;
  readonly habits: Habits;
  readonly agenda: Agenda;
  readonly trace: Trace;
  readonly wall: WallClock;
  readonly volume: Volume;
  readonly disk = new VirtualDisk();
  readonly faults: Faults;
  readonly root: DirectoryNode;
  readonly savings: Savings;
  readonly territory: Territory;
  readonly leases: LeaseBook;
  readonly waits: WaitBook;
  readonly deliveries = new DeliveryBook();
  readonly ledger: Ledger;
  /** The first promise that was broken. */
  violation: Error | null = null;
  readonly #paths: Paths;
  readonly #neighbours: (() => void)[] = [];

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.habits = drawHabits(this.chance);
    this.agenda = new Agenda(this.chance);
    const now = () => this.agenda.nowMs;
    this.trace = new Trace(now);
    this.wall = new WallClock(this.agenda);
    this.faults = new Faults(this.chance, now);
    const { chance, habits, wall } = this;
    this.volume = new Volume(
      new Inodes({
        chance,
        wallMs: () => wall.now(),
        tickMs: habits.tickMs,
        keepsBirthTimes: habits.keepsBirthTimes,
      }),
    );
    this.root = this.volume.mkdir(this.volume.mkdir(this.volume.root, 'checkpoints', 0o755), 'r', 0o755);
    this.#paths = new Paths(this.volume.root, () => this.volume.root);
    const { root } = this;
    this.savings = new Savings({ root, now, settleMs: () => habits.options.settleMs });
    this.territory = new Territory(this.volume, root, now, (violation) => this.fail(violation));
    const { savings, territory } = this;
    this.leases = new LeaseBook({ savings, territory, find: (path) => this.find(path), now });
    this.ledger = new Ledger({ disk: this.disk, leases: this.leases });
    this.waits = new WaitBook({ savings, habits, now });
    this.volume.listen(this.savings);
    this.volume.listen(this.territory);
  }

  /** What a path leads to; null: nothing. */
  find(path: string): Inode | null {
    try {
      return this.#paths.find(path, true);
    } catch {
      return null;
    }
  }

  /** How long something of the machine takes. */
  delayMs(): number {
    return this.chance.percent(this.habits.slowPercent)
      ? this.chance.duration(5, 1_500)
      : this.chance.duration(0.1, 3);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.agenda.in(ms, 'wake up', resolve));
  }

  /** Somebody who may act between any two system calls of the service. */
  addNeighbour(act: () => void): void {
    this.#neighbours.push(act);
  }

  betweenCalls(): void {
    if (!this.chance.percent(this.habits.interleavingPercent)) return;
    this.chance.pick(this.#neighbours)?.();
  }

  fail(error: unknown): void {
    this.violation ??= error instanceof Error ? error : new Error(String(error));
    if (error instanceof Violation) this.trace.add('model', `VIOLATION ${error.message}`);
  }
}
