import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

async function finishServer(t: TestContext) {
  const reasons: (string | null)[] = [];
  const engine = scriptedEngine({
    runs: {
      // `as never`: what the engine answers does not matter here.
      finish: async (_name, reason) => {
        reasons.push(reason);
        return {} as never;
      },
      remove: async () => undefined,
    },
  });
  return { reasons, ...(await startServer(t, engine)) };
}

describe('a body', () => {
  it('may be missing, and then means {}', async (t) => {
    const { api, reasons } = await finishServer(t);
    await api.post('/runs/r/finish').expect(200);
    assert.deepEqual(reasons, [null]);
  });

  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    it(`may be empty as ${type}, and then means {}`, async (t) => {
      const { url, reasons } = await finishServer(t);
      const answer = await fetch(`${url}/runs/r/finish`, {
        method: 'POST',
        headers: { 'content-type': type },
      });
      assert.equal(answer.status, 200);
      assert.deepEqual(reasons, [null]);
    });
  }

  it('may say its charset', async (t) => {
    const { api, reasons } = await finishServer(t);
    await api
      .post('/runs/r/finish')
      .set('Content-Type', 'application/json; charset=utf-8')
      .send('{"reason":"x"}');
    assert.deepEqual(reasons, ['x']);
  });

  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'nonsense',
    '*',
  ]) {
    it(`is refused as ${type}, with the curl flag that helps`, async (t) => {
      const { url } = await finishServer(t);
      const answer = await fetch(`${url}/runs/r/finish`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"reason":"x"}',
      });
      assert.equal(answer.status, 415);
      const problem = JSON.parse(await answer.text());
      assert.equal(problem.code, 'unsupported_media_type');
      assert.match(problem.hint, /-H 'Content-Type: application\/json'/);
    });
  }

  it('without a media type is refused', async (t) => {
    const { url } = await finishServer(t);
    const answer = await fetch(`${url}/runs/r/finish`, {
      method: 'POST',
      body: Buffer.from('{"reason":"x"}'),
    });
    assert.equal(answer.status, 415);
  });

  it('that is not JSON is refused, with the position where it is known, and without being quoted', async (t) => {
    const { api } = await finishServer(t);
    const faults: readonly [string, string][] = [
      ['{"reason": "x",}', 'unexpected text at position 15'],
      ['{"reason": secret}', 'unexpected text'],
    ];
    for (const [text, fault] of faults) {
      const { body } = await api.post('/runs/r/finish').type('json').send(text).expect(400);
      assert.equal(body.code, 'invalid_request');
      assert.equal(body.detail, `the body is not valid JSON: ${fault}`);
    }
  });

  for (const text of ['[]', '"x"', '5']) {
    it(`must be an object, not ${text}`, async (t) => {
      const { api } = await finishServer(t);
      const { body } = await api.post('/runs/r/finish').type('json').send(text).expect(400);
      assert.match(body.detail, /^body field "body" is .*: it must be a JSON object$/);
    });
  }

  for (const text of ['{"__proto__":{"reason":"x"}}', '{"constructor":{"prototype":{"reason":"x"}}}']) {
    it(`cannot reach a prototype: ${text.slice(0, 16)}`, async (t) => {
      const { api, reasons } = await finishServer(t);
      const { body } = await api.post('/runs/r/finish').type('json').send(text).expect(400);
      assert.equal(body.code, 'invalid_request');
      assert.deepEqual(reasons, []);
    });
  }

  it('larger than the limit is refused, whether its length is announced or not', async (t) => {
    const { api, url } = await finishServer(t);
    const large = JSON.stringify({ reason: 'x'.repeat(1_048_576) });
    const { body } = await api.post('/runs/r/finish').type('json').send(large).expect(413);
    assert.equal(body.code, 'payload_too_large');
    const chunked = await fetch(`${url}/runs/r/finish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    });
    assert.equal(chunked.status, 413);
  });

  it('is refused where a call takes none', async (t) => {
    const { api } = await finishServer(t);
    const { body } = await api.delete('/runs/r').send({ force: true }).expect(400);
    assert.match(body.detail, /^body field "force" is not known/);
    await api.delete('/runs/r').send({}).expect(204);
  });
});
