import { Type } from '../typebox.js';
import { RestoreArgsSchema, VerificationSchema } from './documents/restore-schema.js';
import type { HttpServer } from './http-server-type.js';
import { sendJson } from './json-bytes.js';
import { json, responses } from './openapi/responses.js';
import { run, stepText } from './wire/parameters.js';
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

export function addRestoreArgsRoutes(server: HttpServer): void {
  server.get(
    '/restore-args',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getRestoreArgs',
        summary: 'Show how to restore a checkpoint',
        description:
          "Gives what Orbax's `construct_restore_args(metadata)` gives for the checkpoint, read from the files of the checkpoint: dtype, global shape and sharding of every leaf. The files are read from a snapshot where there is one, and always from the snapshot of the lease when `lease` is given. Files that contradict a checksum or each other give `422 metadata_unreadable` with `file` and `offset`. An answer of more than 32 MiB is sent while it is made, without `Content-Length`; more than a few of these at a time give `503 overloaded`.",
        tags,
        querystring: Type.Object({
          run,
          step: Type.Optional(
            stepText('Step number, or `latest`. Left out, it is `latest`, or the step of the lease.'),
          ),
          lease: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 64,
              description:
                'The `id` of a lease. The snapshot of the lease is read, never the original. `run` and `step` may be left out, and must be those of the lease if they are given.',
            }),
          ),
          item: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 1_024,
              description:
                'Name of the item. It may be left out when the step has one item or none. The metrics of a CheckpointManager are an item, too.',
              examples: ['default'],
            }),
          ),
          set_global_shape: Type.Optional(
            Type.Boolean({
              default: true,
              description: 'Whether arrays get their `global_shape`.',
              examples: [true],
            }),
          ),
          strict: Type.Optional(
            Type.Boolean({
              default: true,
              description: "The value of Orbax's `strict` for every array.",
              examples: [true],
            }),
          ),
        }),
        response: responses(
          { 200: json('The restore args.', RestoreArgsSchema) },
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
        lease === null
          ? requiredRun(request.engine, request.query.run)
          : optionalRun(request.engine, request.query.run);
      const answer = await request.engine.restore.args({
        run: name,
        step,
        lease,
        item,
        setGlobalShape,
        strict,
      });
      return sendJson(reply, answer);
    },
  );

  server.get(
    '/steps/:step/verify',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'verifyStep',
        summary: 'Check whether a checkpoint is whole',
        description:
          'Reads the metadata of every item and checks that each item is committed, that each checksum is right, that each data file that the metadata mentions is present and long enough, and that metrics and other JSON can be read. The contents of arrays are not read.',
        tags,
        params: Type.Object({ step: stepText('Step number, or `latest`.') }),
        querystring: Type.Object({ run }),
        response: responses(
          { 200: json('The findings.', VerificationSchema) },
          ...RUN_ERRORS,
          ...READ_ERRORS,
          'metadata_unreadable',
        ),
      },
    },
    async (request, reply) =>
      sendJson(
        reply,
        await request.engine.restore.verify(
          requiredRun(request.engine, request.query.run),
          request.params.step,
        ),
      ),
  );
}
