import { PIECE_BYTES } from './reader-protocol.js';

/**
 * Makes UTF-8 of texts in pieces of even size, so that a long answer is never there as a whole. Small files can ask for an enormous one:
 * many leaves may share a name, and thereby a long sharding. Each piece is good until the next one is asked for.
 */
export function* utf8Pieces(texts: Iterable<string>): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  const piece = new Uint8Array(PIECE_BYTES);
  let used = 0;
  for (const text of texts) {
    let rest = text;
    while (rest !== '') {
      const { read, written } = encoder.encodeInto(rest, piece.subarray(used));
      used += written;
      if (read === rest.length) break;
      rest = rest.slice(read);
      yield piece.subarray(0, used);
      used = 0;
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}
