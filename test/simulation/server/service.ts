import { openFileSystem } from '../../../src/adapters/filesystem/node-file-system.js';
import { operationsOn } from '../../../src/adapters/filesystem/operations.js';
import type { Engine } from '../../../src/engine/engine.js';
import { FileSystemError } from '../../../src/engine/file-system-error.js';
import type { Observer } from '../../../src/engine/observer.js';
import { type EngineSettings, startEngine } from '../../../src/engine/start-engine.js';
import { Descriptors } from '../kernel/descriptors.js';
import { HintSource } from '../kernel/hint-source.js';
import { Paths } from '../kernel/paths.js';
import { systemCalls } from '../kernel/system-calls.js';
import { SERVICE } from '../model/territory.js';
import type { World } from '../world.js';
import { Process, ProcessGone } from './process.js';
import { VirtualClock } from './virtual-clock.js';
import { virtualReader } from './virtual-reader.js';
import { virtualStore } from './virtual-store.js';
import { VirtualThread } from './virtual-thread.js';

/** Local filesystems give hints; on others the service polls. */
const EXT4 = 0xef53n;
const NFS = 0x6969n;

/** One life of the service: the real engine and the real filesystem adapter, on a simulated machine. */
export class Service {
  readonly process: Process;
  readonly descriptors: Descriptors;
  readonly clock: VirtualClock;
  /** Resolves once it serves; never, if it dies before. */
  readonly started: Promise<Engine>;
  /** Null until it serves. */
  engine: Engine | null = null;
  servedMs = Number.POSITIVE_INFINITY;
  readonly #threads: VirtualThread[] = [];
  readonly #world: World;
  /** Calls until it dies in the midst of one; null: it lives on. */
  #callsLeft: number | null = null;
  #turns = 0;
  #busyMs = 0;

  constructor(world: World, settings: EngineSettings, observer: Observer) {
    this.#world = world;
    const { agenda, chance, volume, disk, faults } = world;
    this.process = new Process(agenda);
    this.descriptors = new Descriptors(volume.inodes);
    this.clock = new VirtualClock(agenda, chance, this.process, world.wall);
    const { process, clock } = this;
    const hints = this.#hints();
    volume.listen(hints);
    process.onDeath(() => {
      hints.forget();
      this.descriptors.closeAll();
    });
    const operations = operationsOn(
      systemCalls({
        volume,
        descriptors: this.descriptors,
        filesystem: () => (world.habits.isNetwork ? NFS : EXT4),
        gate: (method, purpose) => this.#gate(method, purpose),
        time: {
          wallNs: () => BigInt(world.wall.now()) * 1_000_000n,
          elapsedMs: () => this.#elapsedMs(),
          nextTurn: () => new Promise((resolve) => process.later(world.delayMs(), 'thread goes on', resolve)),
          unique: () => `${process.startedMs}-${this.#turns++}`,
        },
      }),
    );
    const delayMs = () => world.delayMs();
    const files = openFileSystem({
      clock,
      watch: (directory, onHint, onEnd) => hints.watch(directory, onHint, onEnd),
      thread: (label) => {
        const thread = new VirtualThread(label, operations, { agenda, process, delayMs });
        this.#threads.push(thread);
        return thread;
      },
    });
    const store = virtualStore({ agenda, process, disk, delayMs, refuses: () => faults.storeRefuses() });
    const filesOf = (directory: string) => {
      const inode = world.find(directory);
      return inode?.kind === 'directory' ? [...inode.entries.keys()] : null;
    };
    const reader = virtualReader({ process, delayMs, filesOf });
    this.started = startEngine({ store, files, clock, observer, reader }, settings).then((engine) => {
      this.engine = engine;
      return engine;
    });
  }

  /** No operation of the filesystem is under way. */
  get isIdle(): boolean {
    return this.#threads.every((thread) => thread.isIdle);
  }

  /** Dies in the midst of whatever it does then. */
  dieAfterCalls(calls: number): void {
    this.#callsLeft = calls;
  }

  #gate(method: string, purpose: string): void {
    if (!this.process.isAlive) throw new ProcessGone();
    const { volume, faults } = this.#world;
    this.#world.betweenCalls();
    volume.actor = SERVICE;
    if (this.#callsLeft !== null && this.#callsLeft-- <= 0) {
      this.#world.trace.add('service', `dies before ${method} (${purpose})`);
      this.process.die();
      throw new ProcessGone();
    }
    const errno = faults.errnoFor(method);
    if (errno !== null) throw new FileSystemError(errno, `${errno}: the simulated disk refuses`);
  }

  /** Some calls take long enough for the thread's other work to come in between. */
  #elapsedMs(): number {
    if (this.#world.chance.percent(15)) this.#busyMs += 10;
    return this.#busyMs;
  }

  #hints(): HintSource {
    const { volume, chance, agenda, habits } = this.#world;
    const paths = new Paths(volume.root, () => volume.root);
    let lastMs = 0;
    return new HintSource(
      {
        later: (deliver) => {
          const delayMs = chance.percent(80) ? chance.duration(0.1, 3) : chance.duration(3, 800);
          lastMs = Math.max(lastMs, agenda.nowMs + delayMs);
          this.process.laterInOrder(lastMs, 'hint', deliver);
        },
        fate: () => {
          if (chance.percent(habits.lostHintsPercent)) return 'lost';
          if (chance.percent(3)) return 'doubled';
          return chance.percent(1) ? 'overflow' : 'told';
        },
        refusal: () =>
          chance.percent(habits.refusedWatchesPercent) ? 'The limit of watches is reached.' : null,
      },
      (path) => {
        try {
          return paths.find(path, true);
        } catch {
          return null;
        }
      },
    );
  }
}
