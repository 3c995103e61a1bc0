import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerStore } from '../../../src/engine/restore/answer-store.js';
import type { RestoreAnswer } from '../../../src/engine/restore/checkpoint-reader.js';
import type { JsonStream } from '../../../src/engine/restore/json-bytes.js';
import { wholePieces } from '../../support/json-text.js';

const KIB = 1024;

function answer(bytes: number): RestoreAnswer {
  return { item: null, json: [new Uint8Array(bytes)] };
}

/** Answers of a size, counting how often each was asked for. */
class Counted {
  readonly store: AnswerStore;
  readonly asked: string[] = [];

  constructor(limitBytes: number) {
    this.store = new AnswerStore(limitBytes);
  }

  get(key: string, bytes: number): Promise<RestoreAnswer> {
    return this.store.get(key, 'here', async () => {
      this.asked.push(key);
      return answer(bytes);
    });
  }
}

describe('the store of answers', () => {
  it('asks once for what it keeps, and for what is asked at the same time', async () => {
    const counted = new Counted(64 * KIB);
    const [one, two] = await Promise.all([counted.get('a', KIB), counted.get('a', KIB)]);
    assert.equal(one, two);
    assert.equal(await counted.get('a', KIB), one);
    assert.deepEqual(counted.asked, ['a']);
  });

  it('forgets the least recently used beyond its bound', async () => {
    const counted = new Counted(10 * KIB);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await counted.get(key, 4 * KIB);
    assert.deepEqual(counted.asked, ['a', 'b', 'c', 'b']);
  });

  it('does not give up everything for one that is larger than all', async () => {
    const counted = new Counted(10 * KIB);
    for (const key of ['a', 'huge', 'huge', 'a']) await counted.get(key, key === 'huge' ? 11 * KIB : KIB);
    assert.deepEqual(counted.asked, ['a', 'huge', 'huge']);
  });

  it('counts small answers for what they take in memory', async () => {
    const counted = new Counted(10 * KIB);
    for (let i = 0; i < 100; i += 1) await counted.get(`key ${i}`, 1);
    await counted.get('key 0', 1);
    assert.equal(counted.asked.length, 101);
  });

  it('gives each one who asks a stream of its own, and keeps none', async () => {
    const store = new AnswerStore(KIB);
    const stream = (): JsonStream => ({ close: () => undefined, async *[Symbol.asyncIterator]() {} });
    const ask = async (): Promise<RestoreAnswer> => ({ item: null, json: stream() });
    const answers = await Promise.all([1, 2, 3].map(() => store.get('a', 'here', ask)));
    answers.push(await store.get('a', 'here', ask));
    assert.equal(new Set(answers.map(({ json }) => json)).size, 4);
  });

  it('keeps no failure, and lets none of one place be an answer for another', async () => {
    const store = new AnswerStore(KIB);
    const failing = store.get('a', 'original', () => Promise.reject(new Error('deleted')));
    const other = store.get('a', 'snapshot', async () => answer(1));
    await assert.rejects(failing, /deleted/);
    assert.equal(wholePieces((await other).json)[0]?.length, 1);
    await store.get('a', 'original', () => Promise.reject(new Error('not asked again')));
  });
});
