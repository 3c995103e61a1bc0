import { setImmediate } from 'node:timers/promises';
import type { LazyStepList } from '../engine/documents.js';

/** Steps described and serialised in one go: about a millisecond. */
const SLICE = 200;

/** A list as JSON, in pieces between which others get their turn. */
export async function* listBytes({ items, ...rest }: LazyStepList): AsyncGenerator<Buffer> {
  let slice: string[] = [];
  let head = `${JSON.stringify(rest).slice(0, -1)},"items":[`;
  for (const item of items) {
    slice.push(JSON.stringify(item));
    if (slice.length < SLICE) continue;
    yield Buffer.from(head + slice.join());
    await setImmediate();
    head = ',';
    slice = [];
  }
  const isEmpty = slice.length === 0 && head === ',';
  yield Buffer.from(`${isEmpty ? '' : head}${slice.join()}]}`);
}
