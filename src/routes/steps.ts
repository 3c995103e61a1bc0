import type { Engine, StepListQuery } from '../engine/engine.js';
import { Type } from '../typebox.js';
import { AnswerCache, matchesTag } from './answer-cache.js';
import { choice, ref } from './documents/building-blocks.js';
import { STEP_STATES, Step } from './documents/step-schema.js';
import type { HttpServer } from './http-server-type.js';
import { listBytes } from './list-bytes.js';
import { empty, json, responses } from './openapi/responses.js';
import { DEFAULT_LIMIT, limit, page, run, stepNumber, stepOrLatest } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

const tags = ['steps'];
const RUN_ERRORS = ['run_required', 'run_not_found', 'run_unavailable'] as const;

export function addStepRoutes(server: HttpServer, engine: Engine, cacheBytes: number): void {
  const cache = new AnswerCache(cacheBytes);

  server.get(
    '/steps',
    {
      schema: {
        operationId: 'listSteps',
        summary: 'List the steps of a run',
        description:
          'The index, at most one poll interval old. By default all finalized steps, ascending; entries without a number come last, by name. With an `ETag`.',
        tags,
        querystring: Type.Object({
          run,
          min: Type.Optional(stepNumber('Only steps from this number on.', 1000)),
          max: Type.Optional(stepNumber('Only steps up to this number.', 12000)),
          order: Type.Optional(
            choice(['asc', 'desc'], { description: 'By step number. Default asc.', examples: ['desc'] }),
          ),
          state: Type.Optional(
            choice([...STEP_STATES, 'all'], { description: 'Default finalized.', examples: ['all'] }),
          ),
          limit,
          page,
        }),
        headers: Type.Object({
          'If-None-Match': Type.Optional(
            Type.String({ description: '`ETag` of an earlier answer.', examples: ['"q3hWv7c0"'] }),
          ),
        }),
        response: responses(
          {
            200: {
              ...json('The steps.', ref('StepList')),
              headers: { ETag: { type: 'string', description: 'Strong; give it as `If-None-Match`.' } },
            },
            304: empty('The list is the one that the client has.'),
          },
          ...RUN_ERRORS,
        ),
      },
    },
    async (request, reply) => {
      const name = requiredRun(engine, request.query.run);
      const query = toListQuery(request.query);
      const version = await engine.steps.version(name);
      const { body, etag } = await cache.answer(JSON.stringify([name, version, query]), async function* () {
        yield* listBytes(await engine.steps.list(name, query));
      });
      reply.header('ETag', etag).header('Cache-Control', 'no-cache');
      if (matchesTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(body);
    },
  );

  server.get(
    '/steps/:step',
    {
      schema: {
        operationId: 'getStep',
        summary: 'Show a step',
        description: 'With the fields that lists may leave null. `latest` is the highest finalized step.',
        tags,
        params: Type.Object({ step: stepOrLatest('Step number, or `latest`.') }),
        querystring: Type.Object({ run }),
        response: responses({ 200: json('The step.', Step) }, ...RUN_ERRORS, 'step_not_found'),
      },
    },
    (request) => engine.steps.get(requiredRun(engine, request.query.run), request.params.step),
  );
}

type ListParameters = { [K in keyof StepListQuery]?: NonNullable<StepListQuery[K]> };

function toListQuery(query: ListParameters): StepListQuery {
  const { min = null, max = null, order = 'asc', state = 'finalized', limit: most = DEFAULT_LIMIT } = query;
  return { min, max, order, state, limit: most, page: query.page ?? null };
}
