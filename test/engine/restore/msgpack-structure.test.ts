import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type MsgpackStructure,
  readMsgpackStructure,
} from '../../../src/engine/restore/msgpack-structure.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { MemoryFiles, utf8 } from './memory-files.js';

type Bytes = readonly number[];

const text = (value: string): Bytes => [0xd9, utf8(value).length, ...utf8(value)];
const pair = (key: string, value: Bytes): Bytes => [...text(key), ...value];
/** A map of one entry, its key `k`. */
const under = (value: Bytes): Bytes => [0x81, ...pair('k', value)];
const ARRAY = text('PLACEHOLDER://wherever');

function read(...bytes: Bytes): MsgpackStructure | null {
  return readMsgpackStructure(new MemoryFiles([['checkpoint', Uint8Array.from(bytes)]]));
}

function refused(detail: RegExp, ...bytes: Bytes): void {
  assert.throws(
    () => read(...bytes),
    (error) =>
      error instanceof RestoreError && error.code === 'metadata_unreadable' && detail.test(error.message),
  );
}

describe('the msgpack structure of an old tree', () => {
  it('names leaves by their path, in maps, lists and tuples', () => {
    const list = [0x92, ...ARRAY, 0x07];
    const tuple = [0xc7, 18, 4, 0x92, ...text('AGGREGATED://x'), 0xc0];
    const structure = read(0x83, ...pair('a', list), ...pair('b', tuple), ...pair('empty', [0x80]));
    assert.deepEqual([...(structure?.inArrays ?? [])], ['a.0', 'b.0']);
    assert.deepEqual([...(structure?.inline ?? [])], ['a.1']);
  });

  it('passes over values of every form', () => {
    const forms: Record<string, Bytes> = {
      fixint: [0x7f],
      'negative fixint': [0xff],
      true: [0xc3],
      bin8: [0xc4, 2, 0, 0],
      bin16: [0xc5, 0, 1, 0],
      bin32: [0xc6, 0, 0, 0, 1, 0],
      ext8: [0xc7, 2, 1, 0, 0],
      ext16: [0xc8, 0, 1, 1, 0],
      ext32: [0xc9, 0, 0, 0, 1, 3, 0],
      float32: [0xca, 0, 0, 0, 0],
      float64: [0xcb, 0, 0, 0, 0, 0, 0, 0, 0],
      uint8: [0xcc, 0],
      uint16: [0xcd, 0, 0],
      uint64: [0xcf, 0, 0, 0, 0, 0, 0, 0, 0],
      int32: [0xd2, 0, 0, 0, 0],
      fixext1: [0xd4, 1, 0],
      fixext16: [0xd8, 2, ...new Array<number>(16).fill(0)],
      fixstr: [0xa1, 0x61],
      str16: [0xda, 0, 1, 0x61],
      str32: [0xdb, 0, 0, 0, 1, 0x61],
    };
    for (const [form, bytes] of Object.entries(forms))
      assert.deepEqual([...(read(...under(bytes))?.inline ?? [])], ['k'], form);
    for (const container of [
      [0xdc, 0, 1],
      [0xdd, 0, 0, 0, 1],
    ])
      assert.deepEqual([...(read(...under([...container, ...ARRAY]))?.inArrays ?? [])], ['k.0']);
    for (const container of [
      [0xde, 0, 1],
      [0xdf, 0, 0, 0, 1],
    ])
      assert.deepEqual([...(read(...container, ...pair('m', ARRAY))?.inArrays ?? [])], ['m']);
  });

  it('reads through a window, however large the values are', () => {
    const size = [0, 3, 0x0d, 0x40];
    const bytes = Buffer.concat([
      Uint8Array.from([0x82, ...pair('large', [0xc6, ...size])].flat()),
      new Uint8Array(200_000),
      Uint8Array.from(pair('w', ARRAY)),
    ]);
    const files = new MemoryFiles([['checkpoint', bytes]]);
    assert.deepEqual([...(readMsgpackStructure(files)?.inArrays ?? [])], ['w']);
    assert.ok((files.bytesRead.get('checkpoint') ?? 0) < 150_000);
  });

  it('is refused where Orbax could not read it', () => {
    refused(/cut off/, ...under([0xc4, 9, 0]));
    refused(/cut off/, 0x82, ...pair('w', ARRAY));
    refused(/cut off/);
    refused(/no value begins with the byte 193/, ...under([0xc1]));
    refused(/unknown extension 9/, ...under([0xd4, 9, 0]));
    refused(/a key that is no text/, 0x81, 0x01, 0x01);
    refused(/not valid UTF-8/, 0x81, 0xa1, 0xff, 0x01);
    refused(/more behind the value/, 0x80, 0x80);
    refused(/more than 500 keys/, ...new Array<number>(600).fill(0x91), 0x01);
  });

  it('is none where the file is missing, or where the directory of an array has its name', () => {
    assert.equal(readMsgpackStructure(new MemoryFiles([])), null);
    assert.equal(readMsgpackStructure(new MemoryFiles([['checkpoint/.zarray', utf8('{}')]])), null);
  });
});
