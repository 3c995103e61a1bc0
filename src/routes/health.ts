import type { Engine } from '../engine/engine.js';
import { EngineError } from '../engine/errors.js';
import { Type } from '../typebox.js';
import { describe } from './edge/problem.js';
import { sendProblem } from './edge/problem-reply.js';
import type { HttpServer } from './http-server-type.js';
import { json, responses } from './openapi/responses.js';
import { NO_PARAMETERS } from './wire/parameters.js';

const tags = ['service'];

export function addHealthRoutes(server: HttpServer, engine: Engine, isStopping: () => boolean): void {
  server.get(
    '/livez',
    {
      config: { health: true },
      schema: {
        operationId: 'live',
        summary: 'Whether the process answers',
        description: 'Also while it shuts down.',
        tags,
        querystring: NO_PARAMETERS,
        response: responses({ 200: json('It does.', Type.Object({ live: Type.Literal(true) })) }),
      },
    },
    async () => ({ live: true }),
  );

  server.get(
    '/readyz',
    {
      config: { health: true },
      schema: {
        operationId: 'ready',
        summary: 'Whether every run had its first scan',
        description:
          'And the holds that it causes. Otherwise `503` with the list `pending` of what is missing.',
        tags,
        querystring: NO_PARAMETERS,
        response: responses(
          {
            200: json(
              'It is ready.',
              Type.Object({ ready: Type.Literal(true), pending: Type.Array(Type.String(), { maxItems: 0 }) }),
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
