import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS } from '../../../src/engine/access/principal.js';
import { openAccess } from '../../support/open-access.js';

const WISH = { name: 'x', scope: 'admin', runs: ['*'], expiresInMs: null } as const;

test('a revocation that comes late spares the new token of the same name, which stays listed', async () => {
  const access = await openAccess();
  await access.tokens.create(ANONYMOUS, WISH);
  const [, made, late] = await Promise.allSettled([
    access.tokens.revoke(ANONYMOUS, 'x'),
    access.tokens.create(ANONYMOUS, WISH),
    access.tokens.revoke(ANONYMOUS, 'x'),
  ]);
  assert.equal(late.status, 'rejected');
  assert.equal(made.status, 'fulfilled');
  const { items } = access.tokens.list(ANONYMOUS, 10, null);
  assert.deepEqual(
    items.map(({ name }) => name),
    ['x'],
  );
  await access.tokens.revoke(ANONYMOUS, 'x');
  const text = made.status === 'fulfilled' ? made.value.token : '';
  assert.throws(() => access.principal(text), { code: 'unauthorized' });
});
