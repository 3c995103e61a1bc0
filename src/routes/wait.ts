import { Type } from '../typebox.js';
import { WaitSchema } from './documents/wait-schema.js';
import { whileWelcome } from './edge/while-welcome.js';
import type { HttpServer } from './http-server-type.js';
import { json, responses } from './openapi/responses.js';
import { cursor, durationText, run, stepNumber, waitId } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

export function addWaitRoute(server: HttpServer): void {
  server.get(
    '/wait',
    {
      // A HEAD that waits is of no use to anybody.
      exposeHeadRoute: false,
      config: { scope: 'read' },
      schema: {
        operationId: 'wait',
        summary: 'Wait for a step',
        description:
          "Waits as Orbax's `wait_for_new_checkpoint` does, without a lease. A step that is there already ends the wait at once. Before the wait ends without a step, the directory is scanned once more, with `timeout=0` too. The answer names the highest finalized step, which may be higher than `until`. Reason `max_wait` means that the longest wait that the server allows has passed: ask again.",
        tags: ['waiting'],
        querystring: Type.Object({
          run,
          until: Type.Optional(
            stepNumber(
              'Wait until the highest finalized step is at least this number. Without it, any step will do.',
            ),
          ),
          timeout: Type.Optional(durationText('Longest wait:', { default: '30s' })),
          after: Type.Optional(
            cursor('Wait instead for the first step that is finalized after this position.'),
          ),
          wait_id: Type.Optional(waitId),
        }),
        response: responses(
          { 200: json('The end of the wait, with a step or without.', WaitSchema) },
          'run_required',
          'run_not_found',
          'cursor_expired',
          'too_many_waits',
          'overloaded',
        ),
      },
    },
    async (request, reply) => {
      const { until = null, timeout: timeoutMs = null, after = null, wait_id: id = null } = request.query;
      const run = requiredRun(request.engine, request.query.run);
      return whileWelcome(reply, (signal) =>
        request.engine.waits.wait(run, { until, timeoutMs, after, waitId: id }, signal),
      );
    },
  );
}
