import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { salvage } from './salvage.js';

/** The ids of the databases that stood under this name before and were replaced, as far as they can be read. */
export async function formerStores(file: string): Promise<readonly string[]> {
  const prefix = `${basename(file)}.replaced-`;
  const names = (await readdir(dirname(file))).filter(
    (name) => name.startsWith(prefix) && !/-(?:wal|shm|lock|journal)$/.test(name),
  );
  const ids: string[] = [];
  for (const name of names) {
    const { storeId } = await salvage(join(dirname(file), name));
    if (storeId !== null) ids.push(storeId);
  }
  return ids;
}
