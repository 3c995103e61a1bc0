import type { BuildResult, FileSystem, SnapshotFiles } from '../../../src/engine/file-system.js';
import type { Inspection } from '../../../src/engine/inspection.js';
import type { AppTools } from '../../../src/server.js';

type Calls = Pick<FileSystem, 'list' | 'inspect'> &
  Pick<SnapshotFiles, 'build' | 'retire' | 'erase' | 'audit' | 'inventory'>;
type Wrapped = keyof Calls;
type Handler<Name extends Wrapped> = (proceed: () => ReturnType<Calls[Name]>) => ReturnType<Calls[Name]>;

/** Stands between the server and its disk and database, and does there what a test needs at just that moment. */
export class Interference {
  /** While it is set every write to the database fails with it. */
  storeFault: Error | null = null;
  readonly #handlers = new Map<Wrapped, Handler<Wrapped>>();

  readonly around: NonNullable<AppTools['around']> = {
    files: (files) => ({
      ...files,
      list: (directory, previous) => this.#pass('list', () => files.list(directory, previous)),
      inspect: (directory, requests) => this.#pass('inspect', () => files.inspect(directory, requests)),
      snapshots: this.#wrap(files),
    }),
    store: (store) => ({
      ...store,
      id: store.id,
      write: (work) =>
        store.write(async (tx) => {
          const value = await work(tx);
          if (this.storeFault !== null) throw this.storeFault;
          return value;
        }),
      close: () => store.close(),
    }),
  };

  /** Takes the place of the next call of that name, and of no other. */
  next<Name extends Wrapped>(name: Name, handler: Handler<Name>): void {
    this.always(name, (proceed) => {
      this.#handlers.delete(name);
      return handler(proceed);
    });
  }

  /** Takes the place of every call of that name until `stop`. */
  always<Name extends Wrapped>(name: Name, handler: Handler<Name>): void {
    // What is stored under a name is only ever called for it.
    this.#handlers.set(name, handler as unknown as Handler<Wrapped>);
  }

  /** Makes a change before the next look at the run's directory, so that no look finds it half done. */
  beforeLook(change: () => Promise<void>): void {
    this.next('list', async (proceed) => {
      await change();
      return proceed();
    });
  }

  stop(name: Wrapped): void {
    this.#handlers.delete(name);
  }

  #wrap({ snapshots }: FileSystem): SnapshotFiles {
    return {
      ...snapshots,
      build: (plan) => this.#pass('build', () => snapshots.build(plan)),
      retire: (plan) => this.#pass('retire', () => snapshots.retire(plan)),
      erase: (directory, name) => this.#pass('erase', () => snapshots.erase(directory, name)),
      audit: (path, inventory) => this.#pass('audit', () => snapshots.audit(path, inventory)),
      inventory: (path) => this.#pass('inventory', () => snapshots.inventory(path)),
    };
  }

  #pass<Name extends Wrapped>(name: Name, proceed: () => ReturnType<Calls[Name]>): ReturnType<Calls[Name]> {
    const handler = this.#handlers.get(name) as Handler<Name> | undefined;
    return handler === undefined ? proceed() : handler(proceed);
  }
}

/** What the disk says of a snapshot that it refuses to build. */
export function failedBuild(errno: string, detail: string): BuildResult {
  return { outcome: 'failed', errno, path: '', detail };
}

/** What the disk says of an entry that it cannot look at. */
export function unreadable(name: string, errno = 'EIO'): Inspection {
  return { name, outcome: 'unreadable', errno, detail: 'a disk that fails' };
}
