import type { StepListQuery } from '../engine/engine.js';
import { Type } from '../typebox.js';
import { AnswerCache, matchesTag } from './answer-cache.js';
import { choice } from './documents/building-blocks.js';
import { STEP_STATES, StepListSchema, StepSchema } from './documents/step-schema.js';
import type { HttpServer } from './http-server-type.js';
import { listBytes } from './list-bytes.js';
import { empty, json, responses } from './openapi/responses.js';
import { DEFAULT_LIMIT, limit, page, run, stepNumber, stepText } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

const tags = ['steps'];
const DEFAULT_ORDER = 'asc';
const DEFAULT_STATE = 'finalized';
const RUN_ERRORS = ['run_required', 'run_not_found', 'run_unavailable'] as const;

export function addStepRoutes(server: HttpServer, cacheBytes: number): void {
  const cache = new AnswerCache(cacheBytes);

  server.get(
    '/steps',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listSteps',
        summary: 'List the steps of a run',
        description:
          'Lists what the last scan found, which is at most one poll interval old. Entries without a number come last, by name. The answer has an `ETag`.',
        tags,
        querystring: Type.Object({
          run,
          min: Type.Optional(stepNumber('Lowest step number to include.', 1000)),
          max: Type.Optional(stepNumber('Highest step number to include.', 12000)),
          order: Type.Optional(
            choice(['asc', 'desc'], {
              default: DEFAULT_ORDER,
              description: 'Order of the step numbers.',
              examples: ['desc'],
            }),
          ),
          state: Type.Optional(
            choice([...STEP_STATES, 'all'], {
              default: DEFAULT_STATE,
              description: 'State of the steps.',
              examples: ['all'],
            }),
          ),
          limit,
          page,
        }),
        headers: Type.Object({
          'If-None-Match': Type.Optional(
            Type.String({ description: 'The `ETag` of an earlier answer.', examples: ['"q3hWv7c0"'] }),
          ),
        }),
        response: responses(
          {
            200: {
              ...json('The steps.', StepListSchema),
              headers: { ETag: { type: 'string', description: 'A strong validator for `If-None-Match`.' } },
            },
            304: empty('The client has the list already.'),
          },
          ...RUN_ERRORS,
        ),
      },
    },
    async (request, reply) => {
      const name = requiredRun(request.engine, request.query.run);
      const query = toListQuery(request.query);
      const version = await request.engine.steps.version(name);
      const { body, etag } = await cache.answer(JSON.stringify([name, version, query]), async function* () {
        yield* listBytes(await request.engine.steps.list(name, query));
      });
      reply.header('ETag', etag).header('Cache-Control', 'no-cache');
      if (matchesTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(body);
    },
  );

  server.get(
    '/steps/:step',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getStep',
        summary: 'Show a step',
        description: 'Shows the step with the fields that lists may leave null.',
        tags,
        params: Type.Object({ step: stepText('Step number, or `latest` for the highest finalized step.') }),
        querystring: Type.Object({ run }),
        response: responses({ 200: json('The step.', StepSchema) }, ...RUN_ERRORS, 'step_not_found'),
      },
    },
    (request) =>
      request.engine.steps.get(requiredRun(request.engine, request.query.run), request.params.step),
  );
}

type ListParameters = { [K in keyof StepListQuery]?: NonNullable<StepListQuery[K]> };

function toListQuery(query: ListParameters): StepListQuery {
  const {
    min = null,
    max = null,
    order = DEFAULT_ORDER,
    state = DEFAULT_STATE,
    limit: most = DEFAULT_LIMIT,
  } = query;
  return { min, max, order, state, limit: most, page: query.page ?? null };
}
