import type { Located } from '../../engine/file-system.js';
import { bad, type Finding, good, warning } from './finding.js';
import type { Machine } from './machine.js';

/** Below this, other programs of a busy machine may leave none. */
const FEW_INSTANCES = 128;
const FEW_WATCHES = 8_192;

const OLDEST_NODE: readonly [number, number] = [20, 19];

export async function checkRuntime(machine: Machine): Promise<readonly Finding[]> {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  return [
    isOld
      ? bad('Node', `${node} is older than ${OLDEST_NODE.join('.')}: install a newer one`)
      : good('Node', node),
    await checkSqlite(machine),
  ];
}

async function checkSqlite(machine: Machine): Promise<Finding> {
  try {
    const { library, version } = await machine.sqlite();
    return good('SQLite', `${version}, by ${library} for Node ${process.versions.node}`);
  } catch (error) {
    return bad('SQLite', error instanceof Error ? error.message : String(error));
  }
}

export function checkKernel(machine: Machine): readonly Finding[] {
  const protectedLinks = machine.kernelSetting('fs/protected_hardlinks');
  return [
    checkLimit(machine, 'fs/inotify/max_user_instances', FEW_INSTANCES),
    checkLimit(machine, 'fs/inotify/max_user_watches', FEW_WATCHES),
    protectedLinks === '1'
      ? good('hard links', "protected: linking another user's file needs read and write permission on it")
      : good('hard links', 'the kernel sets no further conditions'),
  ];
}

function checkLimit(machine: Machine, path: string, few: number): Finding {
  const name = path.replaceAll('/', '.');
  const value = machine.kernelSetting(path);
  if (value === null)
    return warning(name, 'unknown here: directories are polled where they cannot be watched');
  if (Number(value) >= few) return good(name, value);
  return warning(
    name,
    `${value}: other programs may use it up, and runs are polled then; raise it with sysctl -w ${name}=${few}`,
  );
}

/** SQLite's locks and its shared memory are not to be trusted over a network. */
export function checkDatabasePlace(file: string, place: Located): Finding {
  const about = 'database';
  if (place.realPath === null)
    return bad(about, `${file}: its directory is not there (${place.errno}): make it, or give another --db`);
  return place.medium === 'local'
    ? good(about, `${file}, on ${place.filesystem}, a local filesystem`)
    : bad(
        about,
        `${file} is on ${place.filesystem}, not known to be a local filesystem: put it on a local disk with --db`,
      );
}
