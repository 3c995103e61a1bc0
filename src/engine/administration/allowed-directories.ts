import type { RunGlobs } from '../access/run-globs.js';
import { EngineError } from '../errors.js';
import type { FileSystem } from '../file-system.js';

/** Which directories runs may have: those under an allowed root, and the very ones that the operator named. */
export class AllowedDirectories {
  readonly #files: FileSystem;
  readonly #roots: readonly string[];
  readonly #named: readonly string[];

  private constructor(files: FileSystem, roots: readonly string[], named: readonly string[]) {
    this.#files = files;
    this.#roots = roots;
    this.#named = named;
  }

  /**
   * @param roots directories below which runs may be registered.
   * @param named directories of the configuration.
   * @param stored of runs that were allowed when they were registered: their real paths and snapshot directories.
   */
  static async resolve(
    files: FileSystem,
    roots: readonly string[],
    named: readonly string[],
    stored: readonly string[],
  ): Promise<AllowedDirectories> {
    const real = (directories: readonly string[]) =>
      Promise.all(directories.map((directory) => realPathOf(files, directory)));
    return new AllowedDirectories(files, await real(roots), [...(await real(named)), ...stored]);
  }

  /** Why a real path may not be used; null when it may. */
  refusal(realPath: string): string | null {
    if (this.#named.includes(realPath) || this.#roots.some((root) => isUnder(root, realPath))) return null;
    return outside(realPath);
  }

  /** Where a directory is, or would be, with every link resolved. */
  realPath(directory: string): Promise<string> {
    return realPathOf(this.#files, directory);
  }

  /**
   * Checks a directory that a client names, and gives its real path as far as it exists.
   *
   * @param sight the runs that the caller sees.
   * @param within the real path of a directory that was checked already: what is in it is allowed, too.
   */
  async check(
    field: string,
    directory: string,
    sight: RunGlobs,
    within: string | null = null,
  ): Promise<string> {
    checkNormalized(field, directory);
    const realPath = await this.realPath(directory);
    if (within !== null && isUnder(within, realPath)) return realPath;
    if (this.refusal(realPath) === null) return realPath;
    throw notAllowed(field, directory, realPath, sight);
  }
}

/**
 * A caller that does not see all runs gets the same words for a directory that the server may not use as for one of a hidden run, and is not
 * told where links lead.
 */
export function notAllowed(field: string, directory: string, realPath: string, sight: RunGlobs): EngineError {
  const detail = sight.isEverything ? outside(realPath) : 'it is under no directory that this token may use';
  const hint = sight.isEverything
    ? 'start the server with --allow-root for a directory above it'
    : 'use a directory of your own below an allowed one, or ask who runs the server';
  return new EngineError('directory_not_allowed', `"${field}" is "${directory}": ${detail}`, { hint });
}

function outside(realPath: string): string {
  return `its real path ${realPath} is under no directory that this server may use`;
}

export function isUnder(root: string, path: string): boolean {
  return path === root || path.startsWith(root === '/' ? '/' : `${root}/`);
}

function checkNormalized(field: string, directory: string): void {
  const rule = normalizationProblem(directory);
  if (rule === null) return;
  throw new EngineError(
    'invalid_request',
    `"${field}" is ${JSON.stringify(directory.slice(0, 200))}: it must be an absolute, normalized path, and ${rule}`,
    {
      hint: 'give the path as realpath prints it',
    },
  );
}

function normalizationProblem(directory: string): string | null {
  if (!directory.startsWith('/')) return 'it does not begin with a slash';
  if (directory.includes('\0')) return 'it contains a NUL character';
  if (directory.length > 4_000) return 'it is longer than 4000 characters';
  if (directory === '/') return 'the root of the filesystem is no checkpoint directory';
  const parts = directory.slice(1).split('/');
  if (parts.includes('')) return 'it has an empty component (a double or trailing slash)';
  if (parts.includes('.') || parts.includes('..')) return 'it has a component "." or ".."';
  return null;
}

/** The real path of a directory; of one that does not exist yet, where it would be. */
async function realPathOf(files: FileSystem, directory: string): Promise<string> {
  const missing: string[] = [];
  for (let at = directory; ; ) {
    const { realPath, errno } = await files.locate(at);
    if (realPath !== null) return [realPath === '/' ? '' : realPath, ...missing].join('/') || '/';
    const slash = at.lastIndexOf('/');
    if (errno !== 'ENOENT' || slash < 0 || at === '/') return directory;
    missing.unshift(at.slice(slash + 1));
    at = slash === 0 ? '/' : at.slice(0, slash);
  }
}
