import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteSink } from '../../../src/adapters/restore/byte-sink.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';

const MIB = 1024 * 1024;

test('text comes out as UTF-8 in bounded pieces, characters whole or cut', () => {
  const text = 'aé€😀'.repeat(30_000);
  const pieces: Uint8Array[] = [];
  const sink = new ByteSink((piece) => pieces.push(piece.slice()));
  sink.write(text);
  sink.flush();
  assert.equal(Buffer.concat(pieces).toString(), text);
  assert.ok(pieces.length > 1 && pieces.every(({ length }) => length <= 64 * 1024));
});

test('of 64 MiB on it is refused: what small files ask for may be enormous', () => {
  let bytes = 0;
  const sink = new ByteSink((piece) => {
    bytes += piece.length;
  });
  const enormous = (): void => {
    for (let mib = 0; mib < 66; mib += 1) sink.write('x'.repeat(MIB));
  };
  assert.throws(
    enormous,
    (error) => error instanceof RestoreError && /longer than 64 MiB/.test(error.message),
  );
  assert.ok(bytes <= 64 * MIB);
});
