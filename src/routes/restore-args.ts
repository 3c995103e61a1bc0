import type { Engine } from '../engine/engine.js';
import { Type } from '../typebox.js';
import { ref } from './documents/building-blocks.js';
import type { HttpServer } from './http-server-type.js';
import { sendJson } from './json-bytes.js';
import { json, responses } from './openapi/responses.js';
import { run, stepOrLatest } from './wire/parameters.js';
import { optionalRun, requiredRun } from './wire/run-lookup.js';

const tags = ['restore args'];
const RUN_ERRORS = ['run_required', 'run_not_found', 'run_unavailable'] as const;
const READ_ERRORS = ['step_not_found', 'step_gone', 'overloaded'] as const;
const LEASE_ERRORS = [
  'lease_not_found',
  'lease_expired',
  'lease_released',
  'lease_broken',
  'lease_lost',
] as const;

export function addRestoreArgsRoutes(server: HttpServer, engine: Engine): void {
  server.get(
    '/restore-args',
    {
      schema: {
        operationId: 'getRestoreArgs',
        summary: 'Tell how to restore a checkpoint',
        description:
          "What Orbax's `construct_restore_args(metadata)` gives for the checkpoint, computed from its own files: dtype, global shape and sharding of every leaf. A live snapshot is preferred to the original; with `lease` its snapshot is read. Where a checksum or a second source exists a mismatch is `422 metadata_unreadable`, with `file` and `offset`. An answer of more than 32 MiB is made as it is read, without `Content-Length`; more than a few of these at a time are `503 overloaded`.",
        tags,
        querystring: Type.Object({
          run,
          step: Type.Optional(
            stepOrLatest('Step number, or `latest` (default). With `lease` it need not be given.'),
          ),
          lease: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 64,
              description:
                "A lease's id: its snapshot is read, never the original. `run` and `step` need not be given then, and cannot be others.",
              examples: ['ls_3yOmRMJbVY_0mn5GUsPyHw'],
            }),
          ),
          item: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 1_024,
              description:
                'Item of the step. May be left out when it has one or none; the metrics of a CheckpointManager are an item, too.',
              examples: ['default'],
            }),
          ),
          set_global_shape: Type.Optional(
            Type.Boolean({
              description: 'Whether arrays get their `global_shape`. Default true.',
              examples: [true],
            }),
          ),
          strict: Type.Optional(
            Type.Boolean({ description: "Orbax's `strict` of every array. Default true.", examples: [true] }),
          ),
        }),
        response: responses(
          { 200: json('The restore args.', ref('RestoreArgs')) },
          ...RUN_ERRORS,
          ...READ_ERRORS,
          ...LEASE_ERRORS,
          'item_not_found',
          'item_required',
          'metadata_unreadable',
          'unsupported_type',
        ),
      },
    },
    async (request, reply) => {
      const {
        step = null,
        lease = null,
        item = null,
        set_global_shape: setGlobalShape = true,
        strict = true,
      } = request.query;
      const name =
        lease === null ? requiredRun(engine, request.query.run) : optionalRun(engine, request.query.run);
      const answer = await engine.restore.args({ run: name, step, lease, item, setGlobalShape, strict });
      return sendJson(reply, answer);
    },
  );

  server.get(
    '/steps/:step/verify',
    {
      schema: {
        operationId: 'verifyStep',
        summary: 'Check whether a checkpoint is whole',
        description:
          'Reads the metadata of every item: each item committed, every checksum right, every referenced data file present and long enough, metrics and other JSON readable. The contents of arrays are not read.',
        tags,
        params: Type.Object({ step: stepOrLatest('Step number, or `latest`.') }),
        querystring: Type.Object({ run }),
        response: responses(
          { 200: json('What was found.', ref('Verification')) },
          ...RUN_ERRORS,
          ...READ_ERRORS,
          'metadata_unreadable',
        ),
      },
    },
    async (request, reply) =>
      sendJson(
        reply,
        await engine.restore.verify(requiredRun(engine, request.query.run), request.params.step),
      ),
  );
}
