import type { HttpClient, Json } from '../../support/http-client.js';
import type { SeededRandom } from '../../support/random.js';

/** What a client knows of one lease that it asked for: what was acknowledged, and what it cannot know because the server died. */
export interface Claim {
  readonly key: string;
  readonly step: number;
  /** Null: the grant was never acknowledged. */
  lease: Json | null;
  state: 'unacknowledged' | 'active' | 'releasing' | 'released';
}

/** Grants, renews and releases at random until the server is gone, and writes down what was acknowledged. */
export async function work(
  client: HttpClient,
  random: SeededRandom,
  claims: Claim[],
  name: string,
  steps: () => readonly number[],
): Promise<void> {
  for (let count = 0; ; count += 1) {
    const held = claims.filter(({ state }) => state === 'active');
    const action = random.next();
    try {
      if (held.length < 3 || action < 0.45) await grant(client, random, claims, `${name}-${count}`, steps());
      else if (action < 0.6) await renew(client, random.pick(held));
      else await release(client, random.pick(held));
    } catch (error) {
      if (error instanceof TypeError) return; // fetch failed: the server was killed
      throw error;
    }
  }
}

async function grant(
  client: HttpClient,
  random: SeededRandom,
  claims: Claim[],
  key: string,
  steps: readonly number[],
): Promise<void> {
  const step = random.pick(steps);
  if (step === undefined) return;
  const claim: Claim = { key, step, lease: null, state: 'unacknowledged' };
  claims.push(claim);
  const { status, body } = await client.post(
    '/leases',
    { step, ttl: 3600 },
    { headers: { 'idempotency-key': key } },
  );
  if (status === 201 || status === 200) {
    claim.lease = body;
    claim.state = 'active';
    return;
  }
  // The trainer was faster: that is an answer, too.
  if (body?.code !== 'step_gone' && body?.code !== 'step_not_found') throw new Error(JSON.stringify(body));
  claims.splice(claims.indexOf(claim), 1);
}

async function renew(client: HttpClient, claim: Claim | undefined): Promise<void> {
  if (claim === undefined) return;
  const { status, body } = await client.post(`/leases/${claim.lease.id}/renew`);
  if (status !== 200 && claim.state === 'active')
    throw new Error(`renewing an active lease: ${JSON.stringify(body)}`);
}

async function release(client: HttpClient, claim: Claim | undefined): Promise<void> {
  if (claim === undefined) return;
  claim.state = 'releasing';
  const { status, body } = await client.delete(`/leases/${claim.lease.id}`);
  if (status !== 204) throw new Error(JSON.stringify(body));
  claim.state = 'released';
}
