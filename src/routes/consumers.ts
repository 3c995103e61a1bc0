import type { Engine } from '../engine/engine.js';
import { Type } from '../typebox.js';
import { ConsumerBody, toConsumerSettings } from './consumer-body.js';
import { listOf } from './documents/building-blocks.js';
import { Consumer } from './documents/consumer-schema.js';
import type { HttpServer } from './http-server-type.js';
import { BODY_ERRORS, empty, json, responses } from './openapi/responses.js';
import { lookupConsumer } from './wire/consumer-lookup.js';
import { consumerPath, DEFAULT_LIMIT, limit, page, RUN_NAME_PATTERN, run } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

const tags = ['consumers'];
const querystring = Type.Object({ run });
const errors = ['run_required', 'run_not_found', 'consumer_not_found'] as const;

export function addConsumerRoutes(server: HttpServer, engine: Engine): void {
  server.get(
    '/consumers',
    {
      schema: {
        operationId: 'listConsumers',
        summary: 'List the consumers of a run',
        description: 'By name.',
        tags,
        querystring: Type.Object({ run, limit, page }),
        response: responses(
          { 200: json('The consumers.', listOf('Consumer', 'consumers')) },
          'run_required',
          'run_not_found',
        ),
      },
    },
    (request) => {
      const { limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      return engine.consumers.list(requiredRun(engine, request.query.run), { limit: most, page: from });
    },
  );

  server.get(
    '/consumers/:consumer',
    {
      schema: {
        operationId: 'getConsumer',
        summary: 'Show a consumer',
        description: 'Its settings, what it still owes, who reads what, and what went wrong.',
        tags,
        params: consumerPath,
        querystring,
        response: responses({ 200: json('The consumer.', Consumer) }, ...errors),
      },
    },
    (request) =>
      engine.consumers.get(requiredRun(engine, request.query.run), lookupConsumer(request.params.consumer)),
  );

  server.put(
    '/consumers/:consumer',
    {
      schema: {
        operationId: 'putConsumer',
        summary: 'Make or change a consumer',
        description:
          'Idempotent. Settings left out get their defaults; `mode` and `start` cannot change. Answers when the steps that it begins with are held, as far as they can be.',
        tags,
        params: Type.Object({
          consumer: Type.String({
            pattern: RUN_NAME_PATTERN,
            description: 'Consumer name.',
            examples: ['mmlu'],
          }),
        }),
        querystring,
        body: ConsumerBody,
        response: responses(
          { 200: json('It existed.', Consumer), 201: json('It is new.', Consumer) },
          ...BODY_ERRORS,
          'run_required',
          'run_not_found',
          'consumer_exists',
          'run_unavailable',
          'insufficient_storage',
        ),
      },
    },
    async (request, reply) => {
      const { params, body, query } = request;
      const of = requiredRun(engine, query.run);
      const { created, consumer } = await engine.consumers.put(of, params.consumer, toConsumerSettings(body));
      return reply.code(created ? 201 : 200).send(consumer);
    },
  );

  server.delete(
    '/consumers/:consumer',
    {
      schema: {
        operationId: 'deleteConsumer',
        summary: 'Remove a consumer',
        description: 'With its holds and results. Leases that it delivered stay with their workers.',
        tags,
        params: consumerPath,
        querystring,
        response: responses({ 204: empty('It is gone.') }, ...errors, 'insufficient_storage'),
      },
    },
    async (request, reply) => {
      const of = requiredRun(engine, request.query.run);
      await engine.consumers.remove(of, lookupConsumer(request.params.consumer));
      return reply.code(204).send();
    },
  );

  server.get(
    '/consumers/:consumer/results',
    {
      schema: {
        operationId: 'listResults',
        summary: 'List what workers acknowledged',
        description: 'In the order of the acknowledgements. Kept until the consumer is deleted.',
        tags,
        params: consumerPath,
        querystring: Type.Object({ run, limit, page }),
        response: responses({ 200: json('The results.', listOf('ConsumerResult', 'results')) }, ...errors),
      },
    },
    (request) => {
      const { limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      const of = requiredRun(engine, request.query.run);
      return engine.consumers.results(of, lookupConsumer(request.params.consumer), {
        limit: most,
        page: from,
      });
    },
  );
}
