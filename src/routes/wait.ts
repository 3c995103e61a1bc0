import type { Engine } from '../engine/engine.js';
import { Type } from '../typebox.js';
import { Wait } from './documents/wait-schema.js';
import { hangUpSignal } from './edge/hang-up.js';
import type { HttpServer } from './http-server-type.js';
import { json, responses } from './openapi/responses.js';
import { cursor, durationText, run, stepNumber, waitId } from './wire/parameters.js';
import { requiredRun } from './wire/run-lookup.js';

export function addWaitRoute(server: HttpServer, engine: Engine): void {
  server.get(
    '/wait',
    {
      // A HEAD that waits is of no use to anybody.
      exposeHeadRoute: false,
      schema: {
        operationId: 'wait',
        summary: 'Wait for a step',
        description:
          "The long-poll form of Orbax's `wait_for_new_checkpoint`, without a lease. A step that is there already answers at once, even with `timeout=0`, which still makes one fresh scan. The answer is the highest finalized step, not `until`. Reason `max_wait`: the server's cap ended the wait; ask again.",
        tags: ['waiting'],
        querystring: Type.Object({
          run,
          until: Type.Optional(
            stepNumber('Wait until the highest finalized step is at least this; without it, any.'),
          ),
          timeout: Type.Optional(durationText('Default 30 s.')),
          after: Type.Optional(cursor('Wait for the first step finalized after this position instead.')),
          wait_id: Type.Optional(waitId),
        }),
        response: responses(
          { 200: json('The wait ended, with a step or without.', Wait) },
          'run_required',
          'run_not_found',
          'cursor_expired',
          'too_many_waits',
          'overloaded',
        ),
      },
    },
    (request, reply) => {
      const { until = null, timeout: timeoutMs = null, after = null, wait_id: id = null } = request.query;
      return engine.waits.wait(
        requiredRun(engine, request.query.run),
        { until, timeoutMs, after, waitId: id },
        hangUpSignal(reply),
      );
    },
  );
}
