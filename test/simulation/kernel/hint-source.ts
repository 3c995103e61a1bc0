import type { Hint, Watch } from '../../../src/engine/file-system.js';
import type { DirectoryNode, Inode } from './inode.js';
import type { EntryChange, VolumeListener } from './volume.js';

export interface HintRules {
  /** Runs `deliver` some time later, in order; never, when the process is gone by then. */
  later(deliver: () => void): void;
  fate(): 'told' | 'lost' | 'doubled' | 'overflow';
  /** A sentence when no watch can be set now. */
  refusal(): string | null;
}

interface Watcher {
  readonly directory: DirectoryNode;
  readonly onHint: (hint: Hint) => void;
  readonly onEnd: (reason: string) => void;
  /** Told together, in one turn. */
  names: (string | null)[];
  isOver: boolean;
}

/** Hints as inotify gives them to one process: they come late, and some of them not at all. */
export class HintSource implements VolumeListener {
  readonly #rules: HintRules;
  readonly #find: (path: string) => Inode | null;
  readonly #watchers = new Set<Watcher>();

  constructor(rules: HintRules, find: (path: string) => Inode | null) {
    this.#rules = rules;
    this.#find = find;
  }

  watch(path: string, onHint: (hint: Hint) => void, onEnd: (reason: string) => void): Watch {
    const directory = this.#find(path);
    if (directory?.kind !== 'directory') return { outcome: 'refused', reason: 'The directory is not there.' };
    const refusal = this.#rules.refusal();
    if (refusal !== null) return { outcome: 'refused', reason: refusal };
    const watcher: Watcher = { directory, onHint, onEnd, names: [], isOver: false };
    this.#watchers.add(watcher);
    return { outcome: 'watching', stop: () => this.#end(watcher) };
  }

  entryChanged({ directory, name, before, after }: EntryChange): void {
    for (const watcher of this.#watchers) {
      if (watcher.directory === directory) this.#note(watcher, name);
      if (before === watcher.directory && after !== before) this.#endLater(watcher);
    }
  }

  inodeChanged(): void {
    // Nobody asks for hints of these.
  }

  /** The process is gone. */
  forget(): void {
    for (const watcher of this.#watchers) watcher.isOver = true;
    this.#watchers.clear();
  }

  #note(watcher: Watcher, name: string): void {
    const fate = this.#rules.fate();
    if (fate === 'lost') return;
    const isFirst = watcher.names.length === 0;
    if (fate === 'overflow') watcher.names = [null];
    else watcher.names.push(name);
    if (fate === 'doubled') watcher.names.push(name);
    if (isFirst) this.#rules.later(() => this.#tell(watcher));
  }

  #tell(watcher: Watcher): void {
    const names = watcher.names.splice(0);
    let before: string | null = null;
    for (const name of names) {
      if (watcher.isOver) return;
      watcher.onHint({ name, before });
      before = name;
    }
  }

  #endLater(watcher: Watcher): void {
    this.#rules.later(() => {
      if (watcher.isOver) return;
      this.#end(watcher);
      watcher.onEnd('The directory was moved or removed.');
    });
  }

  #end(watcher: Watcher): void {
    watcher.isOver = true;
    this.#watchers.delete(watcher);
  }
}
