import { nodeCodecs } from '../../../src/adapters/restore/node-codecs.js';
import {
  BTREE_NODE_MAGIC,
  MANIFEST_MAGIC,
  VERSION_NODE_MAGIC,
} from '../../../src/engine/restore/ocdbt/block.js';

export { BTREE_NODE_MAGIC, MANIFEST_MAGIC, VERSION_NODE_MAGIC };

/** A number that is written as it is given: tests claim what they like. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    if (rest < 0x80n) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

export function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** A block around a body, with the checksum that belongs to it. */
export function block(magic: number, body: readonly number[] | Uint8Array, compression = 0): Uint8Array {
  const bytes = new Uint8Array(4 + 8 + 2 + body.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setBigUint64(4, BigInt(bytes.length), true);
  bytes[13] = compression;
  bytes.set(body, 14);
  view.setUint32(bytes.length - 4, nodeCodecs.crc32c(bytes.subarray(0, -4)), true);
  return bytes;
}

export interface FileEntry {
  readonly path: string;
  readonly base?: number;
}

/** A data file table without shared prefixes. */
export function fileTable(files: readonly FileEntry[]): number[] {
  return [
    ...varint(files.length),
    ...files.slice(1).flatMap(() => varint(0)),
    ...files.flatMap(({ path }) => varint(path.length)),
    ...files.flatMap(({ base }) => varint(base ?? 0)),
    ...files.flatMap(({ path }) => ascii(path)),
  ];
}

export interface Reference {
  readonly file?: number;
  readonly offset: number | bigint;
  readonly length: number | bigint;
}

export interface Child extends Reference {
  readonly key: string;
  readonly commonPrefix?: number;
}

export function interiorNode(
  height: number,
  children: readonly Child[],
  files: readonly FileEntry[],
): Uint8Array {
  return block(BTREE_NODE_MAGIC, [
    height,
    ...fileTable(files),
    ...varint(children.length),
    ...children.slice(1).flatMap(() => varint(0)),
    ...children.flatMap(({ key }) => varint(key.length)),
    ...children.flatMap(({ commonPrefix }) => varint(commonPrefix ?? 0)),
    ...children.flatMap(({ key }) => ascii(key)),
    ...children.flatMap(({ file }) => varint(file ?? 0)),
    ...children.flatMap(({ offset }) => varint(offset)),
    ...children.flatMap(({ length }) => varint(length)),
    ...children.flatMap(() => [0, 0, 0]),
  ]);
}

export interface Value {
  readonly key: string;
  readonly value: string | Reference;
}

export function leafNode(values: readonly Value[], files: readonly FileEntry[] = []): Uint8Array {
  const outside = values.flatMap(({ value }) => (typeof value === 'string' ? [] : [value]));
  const inside = values.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  return block(BTREE_NODE_MAGIC, [
    0,
    ...fileTable(files),
    ...varint(values.length),
    ...values.slice(1).flatMap(() => varint(0)),
    ...values.flatMap(({ key }) => varint(ascii(key).length)),
    ...values.flatMap(({ key }) => ascii(key)),
    ...values.flatMap(({ value }) => varint(typeof value === 'string' ? ascii(value).length : value.length)),
    ...values.flatMap(({ value }) => varint(typeof value === 'string' ? 0 : 1)),
    ...outside.flatMap(({ file }) => varint(file ?? 0)),
    ...outside.flatMap(({ offset }) => varint(offset)),
    ...inside.flatMap(ascii),
  ]);
}

export interface Root extends Reference {
  readonly height?: number;
  readonly generation?: number;
}

const CONFIG = [...new Array<number>(16).fill(7), 0, 100, 100, 4, 0];

export function manifest(
  roots: readonly Root[],
  files: readonly FileEntry[] = [{ path: 'data' }],
): Uint8Array {
  return block(MANIFEST_MAGIC, [
    ...CONFIG,
    ...fileTable(files),
    ...varint(roots.length),
    ...roots.flatMap(({ generation }, i) => varint(generation ?? i + 1)),
    ...roots.map(({ height }) => height ?? 0),
    ...roots.flatMap(({ file }) => varint(file ?? 0)),
    ...roots.flatMap(({ offset }) => varint(offset)),
    ...roots.flatMap(({ length }) => varint(length)),
    ...roots.flatMap(() => [0, 0, 0]),
    ...roots.flatMap(() => new Array<number>(8).fill(0)),
    ...varint(0),
  ]);
}
