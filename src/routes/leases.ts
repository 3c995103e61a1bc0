import { Type } from '../typebox.js';
import { choice, listOf } from './documents/building-blocks.js';
import { LEASE_STATES, LeaseSchema, PublicLeaseSchema } from './documents/lease-schema.js';
import type { HttpServer } from './http-server-type.js';
import { ttl } from './lease-body.js';
import { BODY_ERRORS, empty, json, responses } from './openapi/responses.js';
import { toMilliseconds } from './wire/duration.js';
import {
  DEFAULT_LIMIT,
  leasePath,
  limit,
  NO_PARAMETERS,
  page,
  runFilter,
  stepNumber,
} from './wire/parameters.js';
import { optionalRun } from './wire/run-lookup.js';

const tags = ['leases'];
const DEFAULT_STATE = 'active';

export function addLeaseRoutes(server: HttpServer): void {
  server.get(
    '/leases',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listLeases',
        summary: 'List leases',
        description: 'Lists leases without their ids.',
        tags,
        querystring: Type.Object({
          run: runFilter,
          state: Type.Optional(
            choice([...LEASE_STATES, 'all'], {
              default: DEFAULT_STATE,
              description: 'State of the leases.',
              examples: ['all'],
            }),
          ),
          step: Type.Optional(stepNumber('Only leases of this step.')),
          limit,
          page,
        }),
        response: responses(
          { 200: json('The leases.', listOf(PublicLeaseSchema, 'leases', 'LeaseList')) },
          'run_not_found',
        ),
      },
    },
    (request) => {
      const {
        run,
        state = DEFAULT_STATE,
        step = null,
        limit: most = DEFAULT_LIMIT,
        page: from = null,
      } = request.query;
      return request.engine.leases.list({
        run: optionalRun(request.engine, run),
        state,
        step,
        limit: most,
        page: from,
      });
    },
  );

  server.get(
    '/leases/:id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getLease',
        summary: 'Show a lease',
        description: 'Shows a lease in any state. An ended lease can be shown for at least 24 hours.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        response: responses({ 200: json('The lease.', LeaseSchema) }, 'lease_not_found'),
      },
    },
    (request) => request.engine.leases.get(request.params.id),
  );

  server.post(
    '/leases/:id/renew',
    {
      config: { scope: 'lease', routine: true },
      schema: {
        operationId: 'renewLease',
        summary: 'Renew a lease',
        description:
          'Starts the TTL anew. A lease that has ended gives `410`, whose `code` says how it ended.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        body: Type.Object(
          { ttl: Type.Optional(ttl('The new TTL. Without it, the TTL stays what it was.')) },
          { title: 'RenewRequest', additionalProperties: false },
        ),
        response: responses(
          { 200: json('The renewed lease.', LeaseSchema) },
          ...BODY_ERRORS,
          'lease_not_found',
          'lease_released',
          'lease_expired',
          'lease_broken',
          'lease_lost',
          'insufficient_storage',
        ),
      },
    },
    (request) => request.engine.leases.renew(request.params.id, toMilliseconds(request.body.ttl)),
  );

  server.delete(
    '/leases/:id',
    {
      config: { scope: 'lease', neverRefused: true },
      schema: {
        operationId: 'releaseLease',
        summary: 'Release a lease',
        description:
          'Ends the lease. The call may be repeated. If no other lease or hold shares the snapshot, `path` is gone when the answer comes. `409` says why `path` cannot be removed; the lease is released all the same.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        response: responses(
          { 204: empty('The lease is released.') },
          'lease_not_found',
          'snapshot_failed',
          'insufficient_storage',
        ),
      },
    },
    async (request, reply) => {
      await request.engine.leases.release(request.params.id);
      return reply.code(204).send();
    },
  );
}
