import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { HttpClient, Json } from '../../support/http-client.js';
import { treeContents } from '../../support/tree-contents.js';
import { acknowledge, type Claim, mayHaveExpired } from './claim.js';
import { ask, expectCode, isGrant, renew } from './client.js';
import type { StandInTrainer } from './trainer.js';

/** After a restart: what was acknowledged holds, what is in doubt is settled by asking again, and there is no lease that nobody knows. */
export async function checkAcknowledged(
  http: HttpClient,
  claims: Claim[],
  trainer: StandInTrainer,
): Promise<void> {
  for (const claim of [...claims]) {
    await settleDoubt(http, claim);
    if (claim.state === 'active') await checkActive(http, claim, trainer);
    // Also of one that ended just now: it must not come back.
    if (claim.lease !== null && claim.state === 'ended') await checkEnded(http, claim);
  }
  const known = new Set(claims.map(({ lease }) => lease?.number));
  const { items } = await http.ok(http.get('/leases?limit=10000'));
  const orphans = items.filter(({ number }: Json) => !known.has(number));
  assert.deepEqual(orphans, [], 'active leases that nobody was given');
  forgetEnded(claims);
}

async function settleDoubt(http: HttpClient, claim: Claim): Promise<void> {
  if (claim.state === 'releasing') {
    await http.ok(http.delete(`/leases/${claim.lease.id}`), 204);
    claim.state = 'ended';
  }
  if (claim.state === 'asked') await askAgain(http, claim);
}

/** The same key gives one lease, whether the first grant was committed or not. */
async function askAgain(http: HttpClient, claim: Claim): Promise<void> {
  const askedAtMs = performance.now();
  const answer = await ask(http, claim);
  if (!isGrant(answer)) {
    expectCode(answer, /^(step_gone|step_not_found|lease_expired)$/);
    claim.state = 'ended';
    return;
  }
  const { id } = answer.body;
  assert.equal((await http.ok(ask(http, claim))).id, id, `the lease of key ${claim.key}`);
  acknowledge(claim, answer.body, askedAtMs);
}

async function checkActive(http: HttpClient, claim: Claim, trainer: StandInTrainer): Promise<void> {
  const { lease, step, key } = claim;
  const { state } = await http.ok(http.get(`/leases/${lease.id}`));
  if (state === 'expired' && mayHaveExpired(claim)) claim.state = 'ended';
  else assert.equal(state, 'active', `lease ${lease.number} of ${key}`);
  // With its full TTL ahead nothing takes the files away while they are looked at.
  if (claim.state === 'ended' || !(await renew(http, claim))) return;
  const contents = treeContents(lease.path);
  const asSaved = trainer.savedAs(step).find((saved) => isDeepStrictEqual(saved, contents));
  assert.ok(
    asSaved,
    `lease ${lease.number}: ${contents.size} files in ${lease.path}, not what step ${step} had`,
  );
  claim.contents ??= asSaved;
  assert.equal(claim.contents, asSaved, `lease ${lease.number} shows another saving of step ${step}`);
}

async function checkEnded(http: HttpClient, claim: Claim): Promise<void> {
  const { state } = await http.ok(http.get(`/leases/${claim.lease.id}`));
  assert.match(state, /^(released|expired)$/, `lease ${claim.lease.number}`);
}

function forgetEnded(claims: Claim[]): void {
  const open = claims.filter(({ state }) => state !== 'ended');
  claims.splice(0, claims.length, ...open);
}
