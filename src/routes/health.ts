import type { Engine } from '../engine/engine.js';
import { EngineError } from '../engine/errors.js';
import { Type } from '../typebox.js';
import { describe } from './edge/problem.js';
import { sendProblem } from './edge/problem-reply.js';
import type { HttpServer } from './http-server-type.js';
import { json, responses } from './openapi/responses.js';
import { NO_PARAMETERS } from './wire/parameters.js';

const tags = ['service'];

/** Not a constant: generators cannot make a constant of a boolean. */
const TRUE = Type.Boolean({ description: 'Always true.', examples: [true] });

export function addHealthRoutes(server: HttpServer, engine: Engine, isStopping: () => boolean): void {
  server.get(
    '/livez',
    {
      config: { scope: 'none', health: true, routine: true, neverRefused: true },
      schema: {
        operationId: 'live',
        summary: 'Check that the server answers',
        description: 'Answers as long as the process runs, even while it shuts down.',
        tags,
        querystring: NO_PARAMETERS,
        response: responses({
          200: json(
            'The server answers.',
            Type.Object({ live: TRUE }, { title: 'Liveness', description: 'A sign of life.' }),
          ),
        }),
      },
    },
    async () => ({ live: true }),
  );

  server.get(
    '/readyz',
    {
      config: { scope: 'none', health: true, routine: true },
      schema: {
        operationId: 'ready',
        summary: 'Check that every run had its first scan',
        description:
          'Succeeds once every run was scanned and holds what the scan made it hold. Until then the answer is `503`, and `pending` lists what is missing.',
        tags,
        querystring: NO_PARAMETERS,
        response: responses(
          {
            200: json(
              'The server is ready.',
              Type.Object(
                { ready: TRUE, pending: Type.Array(Type.String(), { maxItems: 0 }) },
                { title: 'Readiness', description: 'Nothing is missing.' },
              ),
            ),
          },
          'run_unavailable',
        ),
      },
    },
    async (request, reply) => {
      if (isStopping()) throw new EngineError('shutting_down', 'the server is shutting down');
      const { ready, pending } = engine.readiness();
      if (ready) return { ready: true, pending: [] };
      const error = new EngineError('run_unavailable', `not ready yet: ${pending.join('; ')}`);
      return sendProblem(reply, describe(error, request.id, { pending }));
    },
  );
}
