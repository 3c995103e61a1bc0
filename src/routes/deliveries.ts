import { EngineError } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import { Type } from '../typebox.js';
import { GrantSchema, LeaseSchema } from './documents/lease-schema.js';
import { whileWelcome } from './edge/while-welcome.js';
import type { HttpServer } from './http-server-type.js';
import { holder, timeout, ttl } from './lease-body.js';
import { BODY_ERRORS, GRANT_ERRORS, json, responses } from './openapi/responses.js';
import { lookupConsumer } from './wire/consumer-lookup.js';
import { MAX_DURATION_SECONDS, toMilliseconds } from './wire/duration.js';
import { callerOf, IDEMPOTENCY_HEADERS } from './wire/idempotency.js';
import { consumerPath, leasePath, NO_PARAMETERS, run } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

const tags = ['consumers'];
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_RESULT_BYTES = 16 * 1_024;
const endErrors = [
  ...BODY_ERRORS,
  'lease_not_found',
  'consumer_not_found',
  'not_a_delivery',
  'lease_released',
  'lease_expired',
  'lease_broken',
  'lease_lost',
  'insufficient_storage',
] as const;

export function addDeliveryRoutes(server: HttpServer): void {
  server.post(
    '/consumers/:consumer/next',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'nextDelivery',
        summary: 'Wait for the next step of a consumer and lease it',
        description:
          'Grants a lease of the next step. Answer it with `ack` or `nack`: a delivery that ends without either is offered again. An answer with `kind` `wait` says that there was no step.',
        tags,
        params: consumerPath,
        querystring: Type.Object({ run }),
        headers: IDEMPOTENCY_HEADERS,
        body: Type.Object(
          {
            timeout: Type.Optional(
              timeout('Longest wait for the step, in seconds.', DEFAULT_TIMEOUT_SECONDS),
            ),
            ttl: Type.Optional(ttl('TTL of the lease. Without it, the TTL of the consumer.')),
            holder: Type.Optional(holder),
          },
          { title: 'NextRequest', additionalProperties: false },
        ),
        response: responses(
          {
            200: json(
              'The end of a wait without a step, or the lease that the idempotency key gave before.',
              GrantSchema,
            ),
            201: {
              ...json('The new lease, with its `delivery`.', LeaseSchema),
              headers: { Location: { type: 'string', description: 'Path of the lease: `/leases/{id}`.' } },
            },
          },
          ...GRANT_ERRORS,
          'consumer_not_found',
        ),
      },
    },
    async (request, reply) => {
      const { query, params, body, headers } = request;
      const run = requiredRun(request.engine, query.run);
      const consumer = lookupConsumer(params.consumer);
      const wanted = {
        timeoutMs: toMilliseconds(body.timeout),
        ttlMs: toMilliseconds(body.ttl),
        holder: body.holder ?? null,
      };
      const caller = callerOf(request.principal, headers['idempotency-key']);
      const result = await whileWelcome(reply, (signal) =>
        request.engine.consumers.next(run, consumer, wanted, caller, signal),
      );
      if (!result.granted) return reply.code(200).send(result.wait);
      if (result.replayed) return reply.code(200).send(result.lease);
      return reply.code(201).header('Location', `/leases/${result.lease.id}`).send(result.lease);
    },
  );

  server.post(
    '/leases/:id/ack',
    {
      config: { scope: 'lease', neverRefused: true },
      schema: {
        operationId: 'ackDelivery',
        summary: 'Acknowledge a delivery',
        description:
          'Releases the lease, keeps the result and advances the consumer. The call may be repeated.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        body: Type.Object(
          {
            result: Type.Optional(
              Type.Unsafe<JsonObject>({
                type: 'object',
                additionalProperties: true,
                description: 'The result to keep with the consumer: at most 16 KiB as JSON.',
                examples: [{ accuracy: 0.71 }],
              }),
            ),
          },
          { title: 'AckRequest', additionalProperties: false },
        ),
        response: responses({ 200: json('The released lease.', LeaseSchema) }, ...endErrors),
      },
    },
    (request) => request.engine.consumers.ack(request.params.id, checkResult(request.body.result)),
  );

  server.post(
    '/leases/:id/nack',
    {
      config: { scope: 'lease', neverRefused: true },
      schema: {
        operationId: 'nackDelivery',
        summary: 'Hand a delivery back',
        description:
          'Releases the lease and offers the step again, in mode `latest` only if no newer step exists. The call may be repeated.',
        tags,
        params: leasePath,
        querystring: NO_PARAMETERS,
        body: Type.Object(
          {
            delay: Type.Optional(
              Type.Number({
                minimum: 0,
                maximum: MAX_DURATION_SECONDS,
                default: 0,
                description: 'Time until the step is offered again, in seconds.',
                examples: [30],
              }),
            ),
          },
          { title: 'NackRequest', additionalProperties: false },
        ),
        response: responses({ 200: json('The released lease.', LeaseSchema) }, ...endErrors),
      },
    },
    (request) => request.engine.consumers.nack(request.params.id, toMilliseconds(request.body.delay) ?? 0),
  );
}

function checkResult(result: JsonObject | undefined): JsonObject | null {
  if (result === undefined) return null;
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes <= MAX_RESULT_BYTES) return result;
  throw new EngineError(
    'payload_too_large',
    `body field "result" is ${bytes} bytes of JSON: it must be at most ${MAX_RESULT_BYTES}`,
    { hint: 'keep large results elsewhere, and acknowledge with where they are' },
  );
}
