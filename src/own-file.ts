/**
 * A file that comes with the program.
 *
 * @param path from `dist/src`. The build puts the program together in pieces that lie there (`scripts/bundle.ts`): only a file at that depth
 *   knows its place before and after.
 */
export function ownFile(path: string): URL {
  return new URL(path, import.meta.url);
}
