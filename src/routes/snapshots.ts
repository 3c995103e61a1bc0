import { EngineError } from '../engine/errors.js';
import type { HttpServer } from './http-server-type.js';
import { empty, responses } from './openapi/responses.js';
import { NO_PARAMETERS, snapshotPath } from './wire/parameters.js';

const NUMBER = /^[1-9][0-9]{0,14}$/;

export function addSnapshotRoutes(server: HttpServer): void {
  server.post(
    '/snapshots/:id/retry',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'retrySnapshot',
        summary: 'Try again to remove a snapshot',
        description:
          'Tries at once, instead of within 30 s, to remove a snapshot that could not be removed. The warnings of the run and the event `snapshot.stuck` name its number. `409` says what is still in the way.',
        tags: ['leases'],
        params: snapshotPath,
        querystring: NO_PARAMETERS,
        response: responses({ 204: empty('The snapshot is gone.') }, 'not_found', 'snapshot_failed'),
      },
    },
    async (request, reply) => {
      await request.engine.snapshots.retry(numberOf(request.params.id));
      return reply.code(204).send();
    },
  );
}

/** An impossible number is that of an unknown snapshot. */
function numberOf(id: string): number {
  if (NUMBER.test(id)) return Number(id);
  throw new EngineError('not_found', `no snapshot has the number ${JSON.stringify(id)}`, {
    hint: 'the number of a snapshot is a positive integer, such as 17',
  });
}
