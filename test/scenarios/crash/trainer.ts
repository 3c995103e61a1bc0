import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { SeededRandom } from '../../support/random.js';
import { treeContents } from '../../support/tree-contents.js';

const SHARDS = 24;

export type Contents = ReadonlyMap<string, string>;

/** A stand-in for a trainer: adds steps of a few dozen files, deletes old ones file by file as Orbax does, and saves some numbers again. */
export class StandInTrainer {
  readonly #root: CheckpointRoot;
  readonly #random: SeededRandom;
  readonly #saved = new Map<number, Contents[]>();
  #kept: readonly number[] = [];
  #last = 0;

  constructor(root: CheckpointRoot, random: SeededRandom, keep: number) {
    this.#root = root;
    this.#random = random;
    while (this.#kept.length < keep) this.#save(this.#last + 1);
  }

  /** What is there; the oldest may be going just now. */
  get steps(): readonly number[] {
    return this.#kept;
  }

  get savings(): number {
    return [...this.#saved.values()].flat().length;
  }

  /** All that was ever saved under a number. */
  savedAs(step: number): readonly Contents[] {
    return this.#saved.get(step) ?? [];
  }

  /** One checkpoint of training. */
  async turn(): Promise<void> {
    const [oldest = 0] = this.#kept;
    if (this.#random.next() < 0.2) {
      await this.#delete(oldest);
      this.#save(oldest);
      return;
    }
    this.#save(this.#last + 1);
    await this.#delete(oldest);
  }

  #save(step: number): void {
    this.#last = Math.max(this.#last, step);
    const temporary = this.#root.write(step);
    const shards = join(temporary, 'default', 'shards');
    mkdirSync(shards);
    for (let shard = 0; shard < SHARDS; shard += 1) writeFileSync(join(shards, `${shard}`), randomBytes(700));
    this.#saved.set(step, [...this.savedAs(step), treeContents(temporary)]);
    renameSync(temporary, this.#root.at(step));
    this.#kept = [...this.#kept, step];
  }

  /** Its files go one after another while its name stays: others see it half gone. */
  async #delete(step: number): Promise<void> {
    const path = this.#root.at(step);
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile()) await unlink(join(entry.parentPath, entry.name));
    }
    rmSync(path, { recursive: true });
    this.#kept = this.#kept.filter((kept) => kept !== step);
  }
}
