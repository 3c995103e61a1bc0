import { isWhole, type JsonBytes } from '../../src/engine/restore/json-bytes.js';

/** All of a document, which is taken with that. */
export async function jsonText(json: JsonBytes): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of json) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** The pieces of one that must not be a stream. */
export function wholePieces(json: JsonBytes): readonly Uint8Array[] {
  if (!isWhole(json)) throw new Error('the document is a stream');
  return json;
}
