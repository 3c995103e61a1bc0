import { readFile, stat } from 'node:fs/promises';
import type { Cancel, Clock } from '../../engine/clock.js';
import type { Observer } from '../../engine/observer.js';
import { followFiles } from '../shared/file-watch.js';

/** Read, write or search for the group or others. */
const FOR_OTHERS = 0o077;
const AT_LEAST = 16;

/** The file cannot be used. The message names its path and the fault, and nothing of its content. */
class AdminTokenFileError extends Error {
  constructor(path: string, fault: string, cause?: unknown) {
    super(`admin_token_file: ${path} ${fault}`, { cause });
    this.name = 'AdminTokenFileError';
  }
}

/**
 * Gives the token that a file holds, now and whenever the file changes. A new one that cannot be used leaves the last one, with a warning.
 *
 * @throws AdminTokenFileError when it cannot be used at the start.
 */
export function followAdminTokenFile(
  path: string,
  clock: Clock,
  observer: Observer,
  take: (text: string) => void,
): Promise<Cancel> {
  return followFiles([path], clock, {
    read: () => readToken(path),
    take,
    refused: (reason) => observer.adminTokenFileRefused({ reason }),
  });
}

async function readToken(path: string): Promise<string> {
  const text = await read(path);
  if (text === '') throw new AdminTokenFileError(path, 'is empty: it must hold one token');
  if (/\s/.test(text))
    throw new AdminTokenFileError(path, 'holds more than one word: it must hold one token');
  if (text.length < AT_LEAST)
    throw new AdminTokenFileError(
      path,
      `holds a token of less than ${AT_LEAST} characters: it could be guessed`,
    );
  return text;
}

async function read(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & FOR_OTHERS) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw new AdminTokenFileError(path, `can be read by others (mode ${shown}): chmod 600 ${path}`);
    }
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof AdminTokenFileError) throw error;
    throw new AdminTokenFileError(
      path,
      `cannot be read: ${error instanceof Error ? error.message : error}`,
      error,
    );
  }
}
