import { Type } from '../typebox.js';
import { listOf } from './documents/building-blocks.js';
import { RunSchema } from './documents/run-schema.js';
import type { HttpServer } from './http-server-type.js';
import { BODY_ERRORS, empty, json, responses } from './openapi/responses.js';
import { RunBody, toRunOptions } from './run-body.js';
import { DEFAULT_LIMIT, limit, NO_PARAMETERS, page, RUN_NAME_PATTERN, runPath } from './wire/parameters.js';
import { lookupName } from './wire/run-lookup.js';

const tags = ['runs'];

export function addRunRoutes(server: HttpServer): void {
  server.get(
    '/runs',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listRuns',
        summary: 'List the runs',
        description: 'Lists all runs, or those of one directory, by name.',
        tags,
        querystring: Type.Object({
          directory: Type.Optional(
            Type.String({ description: 'Directory of the only run to include.', examples: ['/ckpts/r'] }),
          ),
          limit,
          page,
        }),
        response: responses({ 200: json('The runs.', listOf(RunSchema, 'runs', 'RunList')) }),
      },
    },
    (request) => {
      const { directory = null, limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      return request.engine.runs.list({ directory, limit: most, page: from });
    },
  );

  server.get(
    '/runs/:run',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getRun',
        summary: 'Show a run',
        description: 'Shows the state, the warnings and the options of the run.',
        tags,
        params: runPath,
        querystring: NO_PARAMETERS,
        response: responses({ 200: json('The run.', RunSchema) }, 'run_not_found'),
      },
    },
    (request) => request.engine.runs.get(lookupName(request.params.run)),
  );

  server.put(
    '/runs/:run',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'putRun',
        summary: 'Register or change a run',
        description:
          'The call is idempotent. Options that are left out get their defaults. The answer comes after the first scan of the run. A change that moves paths needs a run without leases and holds.',
        tags,
        params: Type.Object({
          run: Type.String({
            pattern: RUN_NAME_PATTERN,
            description: 'Name of the run.',
            examples: ['default'],
          }),
        }),
        querystring: NO_PARAMETERS,
        body: RunBody,
        response: responses(
          {
            200: json('The run, which existed before.', RunSchema),
            201: json('The new run.', RunSchema),
          },
          ...BODY_ERRORS,
          'forbidden',
          'directory_not_allowed',
          'directory_taken',
          'limit_reached',
          'run_in_use',
          'snapshot_dir_in_use',
          'insufficient_storage',
        ),
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const { created, run } = await request.engine.runs.put(params.run, body.directory, toRunOptions(body));
      return reply.code(created ? 201 : 200).send(run);
    },
  );

  server.delete(
    '/runs/:run',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'deleteRun',
        summary: 'Forget a run',
        description:
          'Forgets the run and removes its snapshots. Nothing else in its directory is touched. With `force`, active leases end in state `broken` and consumers are removed; without it, they are a reason to refuse.',
        tags,
        params: runPath,
        querystring: Type.Object({
          force: Type.Optional(
            Type.Boolean({
              default: false,
              description: 'Whether to remove a run that has active leases or consumers.',
              examples: [true],
            }),
          ),
        }),
        response: responses(
          { 204: empty('The run is forgotten.') },
          'run_not_found',
          'run_in_use',
          'insufficient_storage',
        ),
      },
    },
    async (request, reply) => {
      await request.engine.runs.remove(lookupName(request.params.run), request.query.force ?? false);
      return reply.code(204).send();
    },
  );
}
