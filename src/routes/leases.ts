import type { Engine } from '../engine/engine.js';
import { Type } from '../typebox.js';
import { choice, listOf } from './documents/building-blocks.js';
import { LEASE_STATES, Lease } from './documents/lease-schema.js';
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

export function addLeaseRoutes(server: HttpServer, engine: Engine): void {
  server.get(
    '/leases',
    {
      schema: {
        operationId: 'listLeases',
        summary: 'List leases',
        description: 'Without their ids. By default the active ones.',
        tags,
        querystring: Type.Object({
          run: runFilter,
          state: Type.Optional(
            choice([...LEASE_STATES, 'all'], { description: 'Default active.', examples: ['all'] }),
          ),
          step: Type.Optional(stepNumber('Only leases of this step.')),
          limit,
          page,
        }),
        response: responses({ 200: json('The leases.', listOf('PublicLease', 'leases')) }, 'run_not_found'),
      },
    },
    (request) => {
      const {
        run,
        state = 'active',
        step = null,
        limit: most = DEFAULT_LIMIT,
        page: from = null,
      } = request.query;
      return engine.leases.list({ run: optionalRun(engine, run), state, step, limit: most, page: from });
    },
  );

  server.get(
    '/leases/:id',
    {
      schema: {
        operationId: 'getLease',
        summary: 'Show a lease',
        description: 'In any state; ended ones for 24 h at least.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        response: responses({ 200: json('The lease.', Lease) }, 'lease_not_found'),
      },
    },
    (request) => engine.leases.get(request.params.id),
  );

  server.post(
    '/leases/:id/renew',
    {
      schema: {
        operationId: 'renewLease',
        summary: 'Renew a lease',
        description: 'Counts the TTL from now. `410` says how the lease ended, if it did.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        body: Type.Object({ ttl: Type.Optional(ttl) }, { additionalProperties: false }),
        response: responses(
          { 200: json('The renewed lease.', Lease) },
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
    (request) => engine.leases.renew(request.params.id, toMilliseconds(request.body.ttl)),
  );

  server.delete(
    '/leases/:id',
    {
      schema: {
        operationId: 'releaseLease',
        summary: 'Release a lease',
        description:
          'Repeatable. If it was the last lease of its snapshot, `path` is gone when this answers; where it cannot be taken away, `409` says why, and the lease is released all the same.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        response: responses(
          { 204: empty('It is released.') },
          'lease_not_found',
          'snapshot_failed',
          'insufficient_storage',
        ),
      },
    },
    async (request, reply) => {
      await engine.leases.release(request.params.id);
      return reply.code(204).send();
    },
  );
}
