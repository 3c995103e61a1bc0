import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerCache, matchesTag } from '../../src/routes/answer-cache.js';

async function* bytes(count: number) {
  yield Buffer.alloc(count - 2, 'x');
  yield Buffer.from('yz');
}

describe('the answer cache', () => {
  it('drops the least recently used answers beyond its bytes', async () => {
    const cache = new AnswerCache(30);
    const made: string[] = [];
    const ask = (key: string) =>
      cache.answer(key, () => {
        made.push(key);
        return bytes(10);
      });
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await ask(key);
    assert.deepEqual(made, ['a', 'b', 'c', 'd', 'b']);
  });

  it('keeps nothing that is larger than all of it', async () => {
    const cache = new AnswerCache(30);
    await cache.answer('small', () => bytes(10));
    await cache.answer('large', () => bytes(31));
    let again = false;
    await cache.answer('small', () => {
      again = true;
      return bytes(10);
    });
    assert.equal(again, false);
  });

  it('makes an answer once for all who ask meanwhile', async () => {
    const cache = new AnswerCache(30);
    let made = 0;
    const make = () => {
      made += 1;
      return bytes(10);
    };
    await Promise.all([cache.answer('a', make), cache.answer('a', make)]);
    assert.equal(made, 1);
  });

  it('forgets a failure', async () => {
    const cache = new AnswerCache(30);
    const failing = async function* () {
      yield* bytes(3);
      throw new Error('no');
    };
    await assert.rejects(cache.answer('a', failing));
    assert.equal((await cache.answer('a', () => bytes(3))).body.toString(), 'xyz');
  });
});

describe('If-None-Match', () => {
  it('matches a list that holds the tag, weakly, and anything as *', () => {
    for (const header of ['"a"', 'W/"a"', '"b","a"', ' * '])
      assert.equal(matchesTag(header, '"a"'), true, header);
    for (const header of [undefined, '', 'a', '"A"', '"b"', '"*"'])
      assert.equal(matchesTag(header, '"a"'), false, header);
  });
});
