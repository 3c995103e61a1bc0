import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { MAIN } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The user `nobody` on most systems; it needs no entry anywhere. */
export const OTHER_UID = 65_534;

/** Why a server cannot be run here as another user, under the kernel's rule for hard links; null: it can. */
export function obstacleToAnotherUser(): string | null {
  if (process.geteuid?.() !== 0) return 'only root can become another user';
  if (protectedHardlinks() !== '1') return 'fs.protected_hardlinks is not 1';
  const as = [`--reuid=${OTHER_UID}`, `--regid=${OTHER_UID}`, '--clear-groups'];
  const { error, status, stderr } = spawnSync('setpriv', [...as, process.execPath, '--check', MAIN], {
    encoding: 'utf8',
  });
  if (error !== undefined) return `setpriv: ${error.message}`;
  return status === 0 ? null : `user ${OTHER_UID} cannot run ${MAIN}: ${stderr}`;
}

/** A checkpoint root that another user may write into, and a place for its database; what is saved belongs to this user. */
export function sharedRoot(test: TestContext): { readonly root: CheckpointRoot; readonly db: string } {
  const root = CheckpointRoot.make(test);
  chmodSync(dirname(root.path), 0o755);
  chownSync(root.path, OTHER_UID, OTHER_UID);
  const folder = temporaryFolder(test);
  chownSync(folder, OTHER_UID, OTHER_UID);
  return { root, db: join(folder, 'db') };
}

function protectedHardlinks(): string {
  try {
    return readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim();
  } catch {
    return '';
  }
}
