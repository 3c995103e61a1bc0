import { Type } from '../typebox.js';
import { ConsumerBody, toConsumerSettings } from './consumer-body.js';
import { listOf } from './documents/building-blocks.js';
import { ConsumerResultSchema, ConsumerSchema } from './documents/consumer-schema.js';
import type { HttpServer } from './http-server-type.js';
import { BODY_ERRORS, empty, json, responses } from './openapi/responses.js';
import { lookupConsumer } from './wire/consumer-lookup.js';
import { consumerPath, DEFAULT_LIMIT, limit, page, RUN_NAME_PATTERN, run } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

const tags = ['consumers'];
const querystring = Type.Object({ run });
const errors = ['run_required', 'run_not_found', 'consumer_not_found'] as const;

export function addConsumerRoutes(server: HttpServer): void {
  server.get(
    '/consumers',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listConsumers',
        summary: 'List the consumers of a run',
        description: 'Lists the consumers by name.',
        tags,
        querystring: Type.Object({ run, limit, page }),
        response: responses(
          { 200: json('The consumers.', listOf(ConsumerSchema, 'consumers', 'ConsumerList')) },
          'run_required',
          'run_not_found',
        ),
      },
    },
    (request) => {
      const { limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      return request.engine.consumers.list(requiredRun(request.engine, request.query.run), {
        limit: most,
        page: from,
      });
    },
  );

  server.get(
    '/consumers/:consumer',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getConsumer',
        summary: 'Show a consumer',
        description:
          'Shows the settings of the consumer, the steps that it owes, its deliveries and its last error.',
        tags,
        params: consumerPath,
        querystring,
        response: responses({ 200: json('The consumer.', ConsumerSchema) }, ...errors),
      },
    },
    (request) =>
      request.engine.consumers.get(
        requiredRun(request.engine, request.query.run),
        lookupConsumer(request.params.consumer),
      ),
  );

  server.put(
    '/consumers/:consumer',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'putConsumer',
        summary: 'Create or change a consumer',
        description:
          'The call is idempotent. Settings that are left out get their defaults; `mode` and `start` cannot change. The answer comes once the consumer holds the steps that it begins with, as far as they can be held.',
        tags,
        params: Type.Object({
          consumer: Type.String({
            pattern: RUN_NAME_PATTERN,
            description: 'Name of the consumer.',
            examples: ['mmlu'],
          }),
        }),
        querystring,
        body: ConsumerBody,
        response: responses(
          {
            200: json('The consumer, which existed before.', ConsumerSchema),
            201: json('The new consumer.', ConsumerSchema),
          },
          ...BODY_ERRORS,
          'run_required',
          'run_not_found',
          'consumer_exists',
          'limit_reached',
          'run_unavailable',
          'insufficient_storage',
        ),
      },
    },
    async (request, reply) => {
      const { params, body, query } = request;
      const of = requiredRun(request.engine, query.run);
      const { created, consumer } = await request.engine.consumers.put(
        of,
        params.consumer,
        toConsumerSettings(body),
      );
      return reply.code(created ? 201 : 200).send(consumer);
    },
  );

  server.delete(
    '/consumers/:consumer',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'deleteConsumer',
        summary: 'Remove a consumer',
        description:
          'Removes the consumer with its holds and results. Leases that it delivered stay with their workers.',
        tags,
        params: consumerPath,
        querystring,
        response: responses({ 204: empty('The consumer is removed.') }, ...errors, 'insufficient_storage'),
      },
    },
    async (request, reply) => {
      const of = requiredRun(request.engine, request.query.run);
      await request.engine.consumers.remove(of, lookupConsumer(request.params.consumer));
      return reply.code(204).send();
    },
  );

  server.get(
    '/consumers/:consumer/results',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listResults',
        summary: 'List the acknowledged deliveries of a consumer',
        description:
          'Lists the results in the order of the acknowledgements. They are kept until the consumer is removed.',
        tags,
        params: consumerPath,
        querystring: Type.Object({ run, limit, page }),
        response: responses(
          { 200: json('The results.', listOf(ConsumerResultSchema, 'results', 'ConsumerResultList')) },
          ...errors,
        ),
      },
    },
    (request) => {
      const { limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      const of = requiredRun(request.engine, request.query.run);
      return request.engine.consumers.results(of, lookupConsumer(request.params.consumer), {
        limit: most,
        page: from,
      });
    },
  );
}
