import { Type } from '../typebox.js';
import { listOf } from './documents/building-blocks.js';
import { WaitRecordSchema, WaitSummarySchema } from './documents/wait-schema.js';
import type { HttpServer } from './http-server-type.js';
import { json, responses } from './openapi/responses.js';
import { DEFAULT_LIMIT, limit, page, runFilter } from './wire/parameters.js';
import { optionalRun } from './wire/run-lookup.js';

const tags = ['waiting'];

export function addWaitRecordRoutes(server: HttpServer): void {
  server.get(
    '/waits',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listWaits',
        summary: 'List ended waits',
        description: 'Lists the waits that are still recorded, the newest first.',
        tags,
        querystring: Type.Object({ run: runFilter, limit, page }),
        response: responses(
          { 200: json('The waits.', listOf(WaitRecordSchema, 'waits', 'WaitRecordList')) },
          'run_not_found',
        ),
      },
    },
    (request) => {
      const { run, limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      return request.engine.waits.list(optionalRun(request.engine, run), { limit: most, page: from });
    },
  );

  server.get(
    '/waits/summary',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'summarizeWaits',
        summary: 'Summarize ended waits',
        description:
          'Counts the waits that are still recorded by outcome, and gives quantiles of their durations.',
        tags,
        querystring: Type.Object({ run: runFilter }),
        response: responses({ 200: json('The summary.', WaitSummarySchema) }, 'run_not_found'),
      },
    },
    (request) => request.engine.waits.summary(optionalRun(request.engine, request.query.run)),
  );
}
