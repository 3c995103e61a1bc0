import { Type } from '../typebox.js';
import { GrantSchema, LeaseSchema, PublicLeaseSchema } from './documents/lease-schema.js';
import { whileWelcome } from './edge/while-welcome.js';
import type { HttpServer } from './http-server-type.js';
import { GrantBody, toGrantRequest } from './lease-body.js';
import { BODY_ERRORS, GRANT_ERRORS, json, responses } from './openapi/responses.js';
import { callerOf, IDEMPOTENCY_HEADERS } from './wire/idempotency.js';
import { NO_PARAMETERS, run } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

const tags = ['leases'];

export function addLeaseGrantRoutes(server: HttpServer): void {
  server.post(
    '/leases',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'grantLease',
        summary: 'Wait for a step and lease a snapshot of it',
        description:
          "Does over HTTP what Orbax's `with wait_for_new_checkpoint(...) as step` does. The holder reads `path` until the lease ends, whatever the trainer deletes. An answer with `kind` `wait` says that there was no step. If the client has hung up when the lease is granted, the lease is released at once, unless the request had an idempotency key.",
        tags,
        querystring: Type.Object({ run }),
        headers: IDEMPOTENCY_HEADERS,
        body: GrantBody,
        response: responses(
          {
            200: json(
              'The end of a wait without a step, or the lease that the idempotency key gave before.',
              GrantSchema,
            ),
            201: {
              ...json('The new lease.', LeaseSchema),
              headers: { Location: { type: 'string', description: 'Path of the lease: `/leases/{id}`.' } },
            },
          },
          ...GRANT_ERRORS,
          'step_not_found',
        ),
      },
    },
    async (request, reply) => {
      const run = requiredRun(request.engine, request.query.run);
      const wanted = toGrantRequest(request.body);
      const caller = callerOf(request.principal, request.headers['idempotency-key']);
      const result = await whileWelcome(reply, (signal) =>
        request.engine.leases.grant(run, wanted, caller, signal),
      );
      if (!result.granted) return reply.code(200).send(result.wait);
      if (result.replayed) return reply.code(200).send(result.lease);
      return reply.code(201).header('Location', `/leases/${result.lease.id}`).send(result.lease);
    },
  );

  server.post(
    '/leases/break',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'breakLease',
        summary: "End somebody's lease",
        description:
          'Ends the lease with the given public number in state `broken`. The holder gets `410 lease_broken`.',
        tags,
        querystring: NO_PARAMETERS,
        body: Type.Object(
          {
            number: Type.Integer({
              minimum: 1,
              maximum: Number.MAX_SAFE_INTEGER,
              description: 'Public number of the lease.',
              examples: [118],
            }),
            reason: Type.Optional(
              Type.String({
                maxLength: 1_024,
                description: 'Why the lease is broken.',
                examples: ['the disk is full'],
              }),
            ),
          },
          { title: 'BreakRequest', additionalProperties: false },
        ),
        response: responses(
          { 200: json('The ended lease.', PublicLeaseSchema) },
          ...BODY_ERRORS,
          'lease_not_found',
          'lease_released',
          'lease_expired',
          'lease_lost',
          'insufficient_storage',
        ),
      },
    },
    (request) => request.engine.leases.breakLease(request.body.number, request.body.reason ?? null),
  );
}
