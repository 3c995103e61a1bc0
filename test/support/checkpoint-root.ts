import { cpSync, mkdirSync, realpathSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitNow } from './commit-time.js';
import { fixturePath } from './fixtures.js';
import type { Cleanup } from './temporary-directory.js';
import { temporaryFolder } from './temporary-folder.js';

interface SaveOptions {
  /** Directory name, if it is not the number. */
  readonly name?: string;
  /** A committed checkpoint, such as `plain/100`. */
  readonly fixture?: string;
}

/** A checkpoint root as a trainer keeps it: genuine Orbax checkpoints, each saved under the temporary name and renamed. */
export class CheckpointRoot {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static make(test: Cleanup): CheckpointRoot {
    const path = join(realpathSync(temporaryFolder(test)), 'run');
    mkdirSync(path);
    return new CheckpointRoot(path);
  }

  at(...parts: readonly (string | number)[]): string {
    return join(this.path, ...parts.map(String));
  }

  /** Saves a step; its commit time is the present one, as Orbax leaves it. */
  save(step: number, options: SaveOptions = {}): string {
    const temporary = this.write(step, options);
    const path = temporary.slice(0, -'.orbax-checkpoint-tmp'.length);
    renameSync(temporary, path);
    return path;
  }

  /** Writes a step up to the rename that would finalize it. */
  write(step: number, { name = String(step), fixture = 'plain/100' }: SaveOptions = {}): string {
    const temporary = this.at(`${name}.orbax-checkpoint-tmp`);
    cpSync(fixturePath(fixture), temporary, { recursive: true });
    commitNow(join(temporary, '_CHECKPOINT_METADATA'));
    return temporary;
  }

  /** A directory such as an older Orbax left: data, and no mark of completeness. */
  saveUnmarked(step: number): string {
    const path = this.at(step);
    mkdirSync(`${path}.being-made`);
    writeFileSync(join(`${path}.being-made`, 'checkpoint'), 'data');
    renameSync(`${path}.being-made`, path);
    return path;
  }

  delete(step: number): void {
    rmSync(this.at(step), { recursive: true });
  }

  /** As far as Orbax's deleter is after its first moments: the files of the top level are gone, the name stays. */
  deletePartly(step: number): void {
    unlinkSync(this.at(step, '_CHECKPOINT_METADATA'));
    rmSync(this.at(step, 'commit_success.txt'), { force: true });
  }
}
