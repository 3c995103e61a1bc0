import type { RestoreArgsDocument, RestoreLeaf } from './restore-document.js';

/**
 * Serialises an answer. Written out by hand for its size: thousands of leaves share a few shardings, each of which is
 * turned into text once.
 */
export function restoreArgsJson(document: RestoreArgsDocument): string {
  const shardings = new Map<object, string>();
  const leaves = document.leaves.map((leaf) => leafJson(leaf, shardings)).join(',');
  const empty = JSON.stringify(document.empty);
  return `{"leaves":[${leaves}],"empty":${empty},"custom_metadata":${document.custom_metadata.text}}`;
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
