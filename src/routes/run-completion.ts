import { Type } from '../typebox.js';
import { RunSchema } from './documents/run-schema.js';
import type { HttpServer } from './http-server-type.js';
import { BODY_ERRORS, json, responses } from './openapi/responses.js';
import { NO_PARAMETERS, runPath } from './wire/parameters.js';
import { lookupName } from './wire/run-lookup.js';

const tags = ['runs'];
const errors = [...BODY_ERRORS, 'run_not_found', 'run_unavailable', 'insufficient_storage'] as const;

const FinishBody = Type.Object(
  {
    reason: Type.Optional(
      Type.String({
        maxLength: 1_024,
        description: 'Why no more steps will come. The run shows it.',
        examples: ['trained to the end'],
      }),
    ),
  },
  { title: 'FinishRequest', additionalProperties: false },
);

export function addRunCompletionRoutes(server: HttpServer): void {
  server.post(
    '/runs/:run/finish',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'finishRun',
        summary: 'Say that no more steps will come',
        description:
          'Ends every wait that is not satisfied, with reason `finished`, after a scan that begins after this request. The run stays finished until another step is finalized or the run is reopened.',
        tags,
        params: runPath,
        querystring: NO_PARAMETERS,
        body: FinishBody,
        response: responses({ 200: json('The finished run.', RunSchema) }, ...errors),
      },
    },
    (request) => request.engine.runs.finish(lookupName(request.params.run), request.body.reason ?? null),
  );

  server.post(
    '/runs/:run/reopen',
    {
      config: { scope: 'lease' },
      schema: {
        operationId: 'reopenRun',
        summary: 'Say that more steps may come',
        description: 'Undoes `finish`: waits wait again.',
        tags,
        params: runPath,
        querystring: NO_PARAMETERS,
        response: responses({ 200: json('The reopened run.', RunSchema) }, ...errors),
      },
    },
    (request) => request.engine.runs.reopen(lookupName(request.params.run)),
  );
}
