import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenRecord } from '../../src/engine/access/token.js';
import type { MakeStorage } from './harness.js';

function token(fields: Partial<TokenRecord> = {}): TokenRecord {
  return {
    name: 'a',
    digest: '00'.repeat(32),
    scope: 'lease',
    runs: ['team-*', 'x'],
    createdAt: 1_000.5,
    expiresAt: null,
    lastUsedAt: null,
    ...fields,
  };
}

export function tokenRules(make: MakeStorage): void {
  test('tokens come back as they were put, by name, after a reopening too', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    const tokens = [token({ name: 'b', expiresAt: 5_000, lastUsedAt: 3_000, scope: 'admin' }), token()];
    for (const each of tokens) assert.equal(await store.write((tx) => tx.tokens.insert(each)), true);
    assert.deepEqual(await store.tokens.list(), tokens.toReversed());
    await store.close();
    assert.deepEqual(await (await storage.open()).tokens.list(), tokens.toReversed());
  });

  test('a name belongs to one token, until that is revoked', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.tokens.insert(token()));
    const second = token({ digest: '11'.repeat(32), createdAt: 2_000 });
    assert.equal(await store.write((tx) => tx.tokens.insert(second)), false);
    assert.deepEqual(await store.tokens.list(), [token()]);
    assert.equal(await store.write((tx) => tx.tokens.revoke('a', token().digest, 1_500)), true);
    assert.equal(await store.write((tx) => tx.tokens.revoke('a', token().digest, 1_600)), false);
    assert.deepEqual(await store.tokens.list(), []);
    assert.equal(await store.write((tx) => tx.tokens.insert(second)), true);
    assert.equal(await store.write((tx) => tx.tokens.revoke('a', token().digest, 1_700)), false);
    assert.deepEqual(await store.tokens.list(), [second]);
  });

  test('that there was a token is never forgotten', async (t) => {
    const store = await (await make(t)).open();
    assert.equal(await store.tokens.haveExisted(), false);
    await store.write(async (tx) => {
      await tx.tokens.insert(token());
      await tx.tokens.revoke('a', token().digest, 2_000);
    });
    assert.equal(await store.tokens.haveExisted(), true);
  });

  test('the last use is recorded for a token that is there, and for no other', async (t) => {
    const store = await (await make(t)).open();
    await store.write(async (tx) => {
      await tx.tokens.insert(token());
      await tx.tokens.touch('a', 7_000);
      await tx.tokens.touch('nobody', 7_000);
    });
    assert.deepEqual(await store.tokens.list(), [token({ lastUsedAt: 7_000 })]);
    assert.equal(await store.write((tx) => tx.tokens.revoke('nobody', token().digest, 1)), false);
  });
}
