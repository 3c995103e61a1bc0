import type { World } from '../world.js';
import { type Checkpoint, drawCheckpoint, fileOf } from './checkpoint.js';
import type { Script } from './script.js';
import { Shell } from './shell.js';

const METADATA = '_CHECKPOINT_METADATA';
const COMMITTED = 'commit_success.txt';

/** A trainer, and what else people do to a directory of checkpoints: each act is a script of single calls. */
export class Trainer {
  readonly #world: World;
  readonly #shell: Shell;
  readonly #who: string;
  #step = 0;
  #savings = 0;

  constructor(world: World, who: string) {
    this.#world = world;
    this.#who = who;
    this.#shell = new Shell(world, who);
  }

  *act(): Script {
    const { chance } = this.#world;
    yield this.#betweenActs();
    const act = chance.weighted({
      save: 12,
      copyIn: 4,
      commitInPlace: 3,
      saveAgain: 3,
      edit: 3,
      touch: 1,
      addBeside: 1,
      rollBack: 1,
      deleteOldest: 8,
      deleteRenamed: 3,
      deletePartly: 2,
      deleteByRecord: 1,
      foreign: 1,
    });
    this.#world.trace.add(this.#who, act);
    switch (act) {
      case 'save':
        return yield* this.#save(this.#nextStep());
      case 'copyIn':
        return yield* this.#copyIn(this.#nextStep());
      case 'commitInPlace':
        return yield* this.#commitInPlace(this.#nextStep());
      case 'saveAgain':
        return yield* this.#saveAgain();
      case 'edit':
        return yield* this.#edit();
      case 'touch':
        return yield* this.#touch();
      case 'addBeside':
        return yield* this.#addBeside();
      case 'rollBack':
        return yield* this.#rollBack();
      case 'deleteOldest':
        return yield* this.#delete(this.#steps()[0]);
      case 'deleteRenamed':
        return yield* this.#deleteRenamed(this.#steps()[0]);
      case 'deletePartly':
        return yield* this.#deletePartly();
      case 'deleteByRecord':
        return yield* this.#deleteByRecord();
      case 'foreign':
        return yield* this.#foreign();
    }
  }

  /** As Orbax does: everything under a temporary name, the commit time last, then one rename. */
  *#save(step: number): Script {
    const temporary = `/${step}.orbax-checkpoint-tmp`;
    const checkpoint = this.#draw();
    yield* this.#write(temporary, checkpoint, [...checkpoint.items]);
    if (checkpoint.metadata !== null) {
      this.#shell.write(`${temporary}/${METADATA}`, checkpoint.metadata(this.#wallNs()));
      yield this.#pause();
    }
    this.#shell.rename(temporary, `/${step}`);
  }

  /** Copied or synced under its final name, in any order. */
  *#copyIn(step: number): Script {
    const checkpoint = this.#draw();
    const committedNs = this.#wallNs() - 3_600_000_000_000n;
    const files = [...checkpoint.items];
    if (checkpoint.metadata !== null) files.push([METADATA, checkpoint.metadata(committedNs)]);
    yield* this.#write(`/${step}`, checkpoint, this.#shuffled(files));
  }

  /** Written under its final name, with Orbax's marks last. */
  *#commitInPlace(step: number): Script {
    const checkpoint = this.#draw();
    const directory = `/${step}`;
    yield* this.#write(directory, checkpoint, [...checkpoint.items]);
    if (checkpoint.metadata === null) return;
    // Filesystems stamp with a coarse clock: what is written in the same moment would be as old as the commit.
    yield this.#world.chance.duration(20, 100);
    this.#shell.write(`${directory}/${METADATA}`, checkpoint.metadata(this.#wallNs()));
    const made = this.#shell.find(directory);
    if (made?.kind === 'directory') this.#world.savings.committed(made);
    yield this.#world.chance.duration(20, 100);
    this.#shell.write(`${directory}/${COMMITTED}`, new Uint8Array());
    if (made?.kind === 'directory') this.#world.savings.committed(made);
    yield this.#world.chance.duration(20, 100);
  }

  *#saveAgain(): Script {
    const step = this.#anyStep();
    if (step === null) return;
    yield* this.#delete(step);
    yield* this.#save(step);
  }

  *#edit(): Script {
    const step = this.#anyStep();
    if (step === null) return;
    for (let edits = this.#world.chance.between(1, 3); edits > 0; edits--) {
      const path = this.#world.chance.pick(this.#payload(step));
      if (path === undefined) return;
      this.#shell.write(path, fileOf(this.#world.chance, `edit ${this.#savings++} by ${this.#who} ${path}`));
      yield this.#pause();
    }
  }

  *#touch(): Script {
    const step = this.#anyStep();
    const path = step === null ? undefined : this.#world.chance.pick(this.#payload(step));
    if (path !== undefined) this.#shell.touch(path);
    yield this.#pause();
  }

  *#addBeside(): Script {
    const step = this.#anyStep();
    if (step === null) return;
    const name = this.#world.chance.pick(['evaluation.json', '.nfs0001', 'evaluation']);
    this.#shell.write(`/${step}/${name}`, fileOf(this.#world.chance, name));
    yield this.#pause();
  }

  *#rollBack(): Script {
    const highest = this.#steps().slice(-2).toReversed();
    for (const step of highest) yield* this.#delete(step);
    this.#step = Math.max(0, (this.#steps().at(-1) ?? 0) - 1);
  }

  /** File by file, the marks first. */
  *#delete(step: number | undefined): Script {
    if (step !== undefined) yield* this.#removeTree(`/${step}`);
  }

  /** Renamed out of sight, then removed. */
  *#deleteRenamed(step: number | undefined): Script {
    if (step === undefined) return;
    const trash = `/${step}.orbax-checkpoint-tmp-deleted-${this.#savings++}`;
    this.#shell.rename(`/${step}`, trash);
    yield this.#pause();
    yield* this.#removeTree(trash);
  }

  /** Cut off in the middle of it. */
  *#deletePartly(): Script {
    const step = this.#anyStep();
    if (step === null) return;
    const files = this.#shell.files(`/${step}`);
    for (const path of files.slice(0, this.#world.chance.between(1, files.length))) {
      this.#shell.remove(path);
      yield this.#pause();
    }
  }

  *#deleteByRecord(): Script {
    const step = this.#anyStep();
    if (step === null) return;
    const record = new TextEncoder().encode('{"checkpointable_name": "state"}');
    this.#shell.write(`/${step}/_CHECKPOINT_DELETION`, record);
    yield this.#pause();
    yield* this.#removeTree(`/${step}/state`);
  }

  /** What is no step, or no checkpoint. */
  *#foreign(): Script {
    const { chance } = this.#world;
    const name = chance.pick(['/notes', '/eval_9000', '/tmp']);
    this.#shell.mkdir(name);
    yield this.#pause();
    if (chance.percent(30)) this.#shell.symlink(`/${this.#step + 100}`, name.slice(1));
    yield this.#pause();
    const step = this.#anyStep();
    if (step !== null && chance.percent(20)) this.#shell.symlink(`/${step}/state/link`, '0');
    yield this.#pause();
  }

  *#write(
    directory: string,
    checkpoint: Checkpoint,
    files: readonly (readonly [string, Uint8Array])[],
  ): Script {
    this.#shell.mkdir(directory);
    yield this.#pause();
    const parents = new Set(
      [...checkpoint.items.keys()].flatMap((path) =>
        path.split('/').flatMap((_, depth, parts) => (depth === 0 ? [] : [parts.slice(0, depth).join('/')])),
      ),
    );
    for (const parent of parents) {
      this.#shell.mkdir(`${directory}/${parent}`);
      yield this.#pause();
    }
    for (const [path, bytes] of files) {
      if (this.#world.chance.percent(30)) {
        this.#shell.write(`${directory}/${path}`, bytes.subarray(0, bytes.length >> 1));
        yield this.#pause();
      }
      this.#shell.write(`${directory}/${path}`, bytes);
      yield this.#pause();
    }
  }

  *#removeTree(path: string): Script {
    const inode = this.#shell.find(path);
    if (inode?.kind === 'directory') {
      for (const name of [...inode.entries.keys()].sort(marksFirst))
        yield* this.#removeTree(`${path}/${name}`);
    }
    if (inode !== null) this.#shell.remove(path);
    yield this.#pause();
  }

  #draw(): Checkpoint {
    this.#savings += 1;
    return drawCheckpoint(this.#world.chance, `saving ${this.#savings} by ${this.#who}`);
  }

  #nextStep(): number {
    this.#step = Math.max(this.#step, ...this.#steps()) + this.#world.chance.between(1, 3);
    return this.#step;
  }

  #steps(): readonly number[] {
    return this.#shell
      .names('/')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  #anyStep(): number | null {
    return this.#world.chance.pick(this.#steps()) ?? null;
  }

  #payload(step: number): readonly string[] {
    return this.#shell.files(`/${step}`).filter((path) => /\/(state|dataset)\//.test(path));
  }

  #pause(): number {
    const { chance, habits } = this.#world;
    return chance.percent(97)
      ? chance.duration(0.1, 20)
      : chance.duration(20, Math.max(50, habits.options.settleMs * 1.5));
  }

  #betweenActs(): number {
    return this.#world.chance.percent(30)
      ? this.#world.chance.duration(1, 50)
      : this.#world.chance.duration(100, 8_000);
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    const left = [...items];
    const shuffled: T[] = [];
    while (left.length > 0) shuffled.push(...left.splice(this.#world.chance.between(0, left.length - 1), 1));
    return shuffled;
  }

  #wallNs(): bigint {
    return BigInt(this.#world.wall.now()) * 1_000_000n;
  }
}

/** A mark goes before the items, as a listing may have it. */
function marksFirst(one: string, other: string): number {
  const rank = (name: string) => (name.startsWith('_') || name === COMMITTED ? 0 : 1);
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}
