import { type Static, Type } from '../typebox.js';
import { optional, type Setting, setting } from './setting.js';

const count = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });
type Count = Static<typeof count>;

function limit(name: string, what: string, fallback: number): Setting<Count> {
  return setting({ name, kind: 'integer', description: `Maximum of ${what}.` }, count, fallback);
}

function perToken(name: string, what: string): Setting<Count | null> {
  const description = `Maximum of ${what} that one token may have.`;
  return optional({ name: `${name}_per_token`, kind: 'integer', description }, count);
}

/** How much there may be at the same time, for all callers and for each. */
export const LIMIT_SETTINGS = {
  maxWaits: limit('max_waits', 'requests that wait at the same time', 10_000),
  maxWaitsPerToken: perToken('max_waits', 'waiting requests'),
  maxLeases: limit('max_leases', 'active leases', 10_000),
  maxLeasesPerToken: perToken('max_leases', 'active leases'),
  maxStreams: limit('max_streams', 'open event streams', 1_000),
  maxStreamsPerToken: perToken('max_streams', 'open event streams'),
  maxConnections: limit('max_connections', 'open connections', 20_000),
  maxConnectionsPerToken: perToken('max_connections', 'open connections'),
  maxRetainedBytes: optional(
    {
      name: 'max_retained_bytes',
      kind: 'integer',
      description:
        'Bytes of deleted steps, and of copies, that snapshots may keep; beyond it no new ones are made.',
    },
    Type.Integer({ minimum: 1 }),
  ),
  maxLeaseLifeMs: optional(
    {
      name: 'max_lease_life',
      kind: 'duration',
      description: 'Time after which a lease ends although it is renewed.',
    },
    Type.Number({ minimum: 1_000 }),
  ),
  requestsPerSecond: optional(
    {
      name: 'requests_per_second',
      kind: 'integer',
      description:
        'Maximum of requests that one token, or everybody while there are no tokens, may send in a second.',
    },
    count,
  ),
  maxRuns: limit('max_runs', 'runs; clients register no more then', 1_000),
  maxRunsPerToken: perToken('max_runs', 'runs'),
  maxConsumers: limit('max_consumers', 'consumers', 10_000),
  maxConsumersPerToken: perToken('max_consumers', 'consumers'),
};
