import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeCodecs, unzstdInJavaScript } from '../../../src/adapters/restore/node-codecs.js';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** A frame of `count` blocks that each repeat one byte 128 KiB long: four bytes in, 131,072 out. */
function bomb(count: number, contentSize: number | null): Uint8Array {
  const header =
    contentSize === null
      ? [0x00, 0x38]
      : [0x80, 0x38, ...new Uint8Array(new Uint32Array([contentSize]).buffer)];
  const blocks = Array.from({ length: count }, (_, i) => {
    const word = ((128 * 1024) << 3) | (1 << 1) | (i === count - 1 ? 1 : 0);
    return [word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, 0x41];
  });
  return new Uint8Array([...MAGIC, ...header, ...blocks.flat()]);
}

describe('zstd', () => {
  for (const [name, unzstd] of [
    ['as Node has it', nodeCodecs.unzstd],
    ['in JavaScript', unzstdInJavaScript],
  ] as const) {
    it(`${name}: gives back what was compressed`, () => {
      // Once without, once with its size in the frame.
      for (const encoded of [
        'KLUv/QRYbQAAOGhlbGxvIAoBAKlLERpIcqs=',
        'KLUv/SQebQAAOGhlbGxvIAoBAKlLERpIcqs=',
      ]) {
        const text = Buffer.from(unzstd(Buffer.from(encoded, 'base64'), 100)).toString();
        assert.equal(text, 'hello hello hello hello hello\n');
      }
    });

    it(`${name}: gives no more than it may`, () => {
      assert.equal(unzstd(bomb(8, 8 * 131_072), 2 ** 20).length, 2 ** 20);
      for (const size of [null, 9 * 131_072, 1000]) {
        assert.throws(() => unzstd(bomb(9 + 1, size), 2 ** 20));
      }
    });

    it(`${name}: refuses what is cut off or no zstd`, () => {
      const frame = bomb(2, null);
      for (let length = 0; length < frame.length; length++) {
        assert.throws(() => unzstd(frame.subarray(0, length), 2 ** 20));
      }
    });
  }
});

describe('CRC-32C', () => {
  it('is the Castagnoli one', () => {
    assert.equal(nodeCodecs.crc32c(Buffer.from('123456789')), 0xe3069283);
  });
});
