import type { RestoreArgsDocument, RestoreLeaf } from './restore-document.js';

/** Serialises an answer into one string. */
export function restoreArgsJson(document: RestoreArgsDocument): string {
  return [...restoreArgsTexts(document)].join('');
}

/**
 * Serialises an answer piece by piece. Written out by hand for its size: thousands of leaves share a few shardings,
 * each of which is turned into text once.
 */
export function* restoreArgsTexts(document: RestoreArgsDocument): Generator<string, void, undefined> {
  const shardings = new Map<object, string>();
  yield '{"leaves":[';
  let separator = '';
  for (const leaf of document.leaves) {
    yield separator + leafJson(leaf, shardings);
    separator = ',';
  }
  yield `],"empty":${JSON.stringify(document.empty)},"custom_metadata":${document.custom_metadata.text}}`;
}

function leafJson(leaf: RestoreLeaf, shardings: Map<object, string>): string {
  if (leaf.type === 'RestoreArgs') return JSON.stringify(leaf);
  const { path, type, restore_type, dtype, global_shape, sharding, strict } = leaf;
  const head = JSON.stringify({ path, type, restore_type, dtype, global_shape });
  return `${head.slice(0, -1)},"sharding":${shardingJson(sharding, shardings)},"strict":${strict}}`;
}

function shardingJson(sharding: object | null, shardings: Map<object, string>): string {
  if (sharding === null) return 'null';
  let json = shardings.get(sharding);
  if (json === undefined) {
    json = JSON.stringify(sharding);
    shardings.set(sharding, json);
  }
  return json;
}
