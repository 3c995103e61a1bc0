import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commitNow } from '../../support/commit-time.js';

export type Files = Readonly<Record<string, string>>;

/** A small checkpoint: contents by path within the step. */
export const SMALL: Files = {
  'default/manifest.ocdbt': 'manifest',
  'default/d/0cc78e3c': 'the weights',
  'default/_METADATA': '{}',
};

let savings = 0;

/** Writes and deletes checkpoints as Orbax does. */
export class Trainer {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  path(step: number | string, ...below: readonly string[]): string {
    return join(this.directory, String(step), ...below);
  }

  /** Saves under a temporary name, then renames: the step is there, whole, from one moment to the next. */
  async save(step: number | string, files: Files = SMALL): Promise<void> {
    const temporary = await this.prepare(step, files);
    await rename(temporary, this.path(step));
  }

  /** The first half of `save`: gives the path to be renamed. */
  async prepare(step: number | string, files: Files = SMALL): Promise<string> {
    savings += 1;
    const temporary = this.path(`${step}.orbax-checkpoint-tmp-${savings}`);
    const items = new Set(
      Object.keys(files).flatMap((path) => (path.includes('/') ? [dirname(path).split('/')[0]] : [])),
    );
    const handlers = Object.fromEntries([...items].map((item) => [item, 'StandardCheckpointHandler']));
    const metadata = `{"item_handlers": ${JSON.stringify(handlers)}, "metrics": {}, "init_timestamp_nsecs": 1, "commit_timestamp_nsecs": 0}`;
    for (const [path, content] of Object.entries({ _CHECKPOINT_METADATA: metadata, ...files })) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      await writeFile(join(temporary, path), content);
    }
    commitNow(join(temporary, '_CHECKPOINT_METADATA'));
    return temporary;
  }

  /** Removes a step as Orbax's deleter does: file by file under its final name. */
  delete(step: number | string): Promise<void> {
    return rm(this.path(step), { recursive: true });
  }

  /** Saves a step again, as another generation. */
  async replace(step: number | string, files: Files = SMALL): Promise<void> {
    const temporary = await this.prepare(step, files);
    await this.delete(step);
    await rename(temporary, this.path(step));
  }
}

/** Contents by path of every regular file below a directory; null when it does not exist. */
export async function filesUnder(directory: string): Promise<Files | null> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return null;
  const files: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(directory.length + 1)] = await readFile(path, 'utf8');
  }
  return files;
}
