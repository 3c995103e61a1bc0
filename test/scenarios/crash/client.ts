import type { Answer, HttpClient } from '../../support/http-client.js';
import type { SeededRandom } from '../../support/random.js';
import { acknowledge, type Claim, claimOf, mayHaveExpired } from './claim.js';

const HELD_AT_LEAST = 3;
const LONG_TTL = 3600;
const SHORT_TTL = 2;

export interface Work {
  readonly http: HttpClient;
  readonly random: SeededRandom;
  /** Of all clients together. */
  readonly claims: Claim[];
  readonly steps: () => readonly number[];
}

/** Grants, renews and releases at random until the server is gone, and writes down what was acknowledged. */
export async function clientWork(work: Work, name: string): Promise<void> {
  for (let count = 0; ; count += 1) {
    try {
      await oneRequest(work, `${name}-${count}`);
    } catch (error) {
      if (error instanceof TypeError) return; // fetch failed: the server was killed
      throw error;
    }
  }
}

async function oneRequest(work: Work, key: string): Promise<void> {
  const { random, claims } = work;
  const held = claims.filter(({ state }) => state === 'active');
  const claim = random.pick(held);
  const action = random.next();
  if (claim === undefined || held.length < HELD_AT_LEAST || action < 0.45) return grant(work, key);
  if (action < 0.6) await renew(work.http, claim);
  else await release(work.http, claim);
}

async function grant({ http, random, claims, steps }: Work, key: string): Promise<void> {
  const claim = claimOf(key, random.pick(steps()) ?? 0, random.next() < 0.25 ? SHORT_TTL : LONG_TTL);
  claims.push(claim);
  const askedAtMs = performance.now();
  const answer = await ask(http, claim);
  if (isGrant(answer)) return acknowledge(claim, answer.body, askedAtMs);
  // The trainer was faster: that is an answer, too.
  expectCode(answer, /^step_(gone|not_found)$/);
  claims.splice(claims.indexOf(claim), 1);
}

/** Asks for a lease, for the first time or again: with one key it is the same request. */
export function ask(http: HttpClient, { key, step, ttl }: Claim): Promise<Answer> {
  return http.post('/leases', { step, ttl, holder: key }, { headers: { 'idempotency-key': key } });
}

export const isGrant = ({ status }: Answer): boolean => status === 201 || status === 200;

/** False when the lease had ended, as it may have. */
export async function renew(http: HttpClient, claim: Claim): Promise<boolean> {
  const askedAtMs = performance.now();
  const answer = await http.post(`/leases/${claim.lease.id}/renew`);
  if (answer.status === 200) {
    if (claim.state === 'active') acknowledge(claim, answer.body, askedAtMs);
    return true;
  }
  if (claim.state === 'active') {
    expectCode(answer, mayHaveExpired(claim) ? /^lease_expired$/ : /^none: it is active$/);
    claim.state = 'ended';
  } else expectCode(answer, /^lease_(released|expired)$/);
  return false;
}

async function release(http: HttpClient, claim: Claim): Promise<void> {
  claim.state = 'releasing';
  await http.ok(http.delete(`/leases/${claim.lease.id}`), 204);
  claim.state = 'ended';
}

export function expectCode({ status, body }: Answer, pattern: RegExp): void {
  if (!pattern.test(body?.code)) throw new Error(`${status} ${JSON.stringify(body)}, not ${pattern}`);
}
