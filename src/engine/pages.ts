import type { ListDocument } from './documents.js';
import { EngineError } from './errors.js';

/** The position that a page token names: the key of the last item shown. Null, the first page, is 0. */
export function parsePage(page: string | null): number {
  if (page === null) return 0;
  const position = /^[0-9a-z]{1,11}$/.test(page) ? Number.parseInt(page, 36) : Number.NaN;
  if (Number.isSafeInteger(position)) return position;
  throw invalidPage(page);
}

export function invalidPage(page: string): EngineError {
  return new EngineError(
    'invalid_request',
    `query parameter "page" is "${page.slice(0, 64)}": it must be the next_page of an earlier answer`,
    {
      hint: 'leave it out to begin with the first page',
    },
  );
}

/** Makes a page of `limit` items out of one item more. */
export function pageOf<R, T>(
  records: readonly R[],
  limit: number,
  describe: (record: R) => T,
  position: (record: R) => number,
): ListDocument<T> {
  const shown = records.slice(0, limit);
  const last = shown.at(-1);
  const isMore = records.length > limit && last !== undefined;
  return { items: shown.map(describe), next_page: isMore ? position(last).toString(36) : null };
}
