import { Type } from '../typebox.js';
import { ConstructedRestoreArgsSchema, sharding, treePath } from './documents/restore-schema.js';
import { BodyRoom } from './edge/body-room.js';
import type { HttpServer } from './http-server-type.js';
import { sendJson } from './json-bytes.js';
import { BODY_ERRORS, json, responses } from './openapi/responses.js';
import { unsupportedMediaType } from './wire/body-parsers.js';
import { NO_PARAMETERS } from './wire/parameters.js';
import { compileValidator } from './wire/validator.js';

/** A target tree of a large model has a hundred thousand leaves. */
const BODY_LIMIT = 16 * 1_024 * 1_024;
const BODIES_IN_ALL = 4 * BODY_LIMIT;

const TargetLeaf = {
  title: 'TargetLeaf',
  type: 'object',
  required: ['path', 'kind'],
  properties: {
    path: treePath,
    kind: {
      type: 'string',
      description:
        'ShapeDtypeStruct, jax.Array, np.ndarray, int, float, bool, str, placeholder, ArrayMetadata, ScalarMetadata or StringMetadata. Any other kind gives `422 unsupported_type`.',
    },
    shape: { type: 'array', items: { type: 'integer' } },
    dtype: { type: 'string', description: 'Name in NumPy or ml_dtypes.' },
    sharding: sharding("The sharding in Orbax's own serialized form."),
    layout: {
      type: ['object', 'null'],
      additionalProperties: true,
      description: 'The layout: `major_to_minor` and, where there is one, `tiling`.',
    },
  },
  description: 'One leaf of the target tree.',
};

const RestoreTarget = {
  title: 'RestoreTarget',
  type: 'object',
  required: ['leaves'],
  properties: {
    leaves: { type: 'array', items: TargetLeaf },
    empty: { type: ['array', 'null'], items: { type: 'object', additionalProperties: true } },
    custom_metadata: { description: 'Metadata to return with the answer.' },
  },
  description: 'The tree to restore into.',
};

const LeafSharding = {
  title: 'LeafSharding',
  type: 'object',
  required: ['path', 'sharding'],
  properties: { path: treePath, sharding: sharding('The sharding of the leaf; null for none.') },
  description: 'The sharding of one leaf.',
};

const TargetBody = Type.Unsafe<unknown>({
  title: 'RestoreTargetRequest',
  type: 'object',
  required: ['target'],
  properties: {
    target: RestoreTarget,
    sharding_tree: {
      type: ['array', 'null'],
      items: LeafSharding,
      description: 'A sharding for every leaf of the target, in place of those of the leaves. Null: none.',
    },
    set_global_shape: { type: 'boolean', default: true },
    support_layout: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: true },
  },
  examples: [
    { target: { leaves: [{ path: ['w'], kind: 'ShapeDtypeStruct', shape: [8, 8], dtype: 'float32' }] } },
  ],
});

/** In a scope of its own: the body, which may be large, goes to the reader as it came. */
export async function addRestoreTargetRoute(parent: HttpServer): Promise<void> {
  await parent.register(async (server) => {
    const room = new BodyRoom(BODY_LIMIT, BODIES_IN_ALL);
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      async (_request: unknown, body: Buffer) => body,
    );
    server.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      async (request: { headers: object }, body: Buffer) => {
        if (body.length === 0) return body;
        throw unsupportedMediaType(Object(request.headers)['content-type']);
      },
    );
    server.post(
      '/restore-args',
      {
        bodyLimit: BODY_LIMIT,
        config: { scope: 'read' },
        preParsing: async (request, reply) => room.take(request, reply),
        // The body is checked where it is parsed.
        validatorCompiler: (route) => (route.httpPart === 'body' ? () => true : compileValidator(route)),
        schema: {
          operationId: 'constructRestoreArgs',
          summary: 'Show how to restore into a target tree',
          description:
            "Gives what Orbax's `construct_restore_args(target, sharding_tree, set_global_shape, support_layout, strict)` gives. The call needs no run and reads no checkpoint. The body may have up to 16 MiB.",
          tags: ['restore args'],
          querystring: NO_PARAMETERS,
          body: TargetBody,
          response: responses(
            { 200: json('The restore args.', ConstructedRestoreArgsSchema) },
            ...BODY_ERRORS,
            'unsupported_type',
            'overloaded',
          ),
        },
      },
      async (request, reply) => {
        const body =
          Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : Buffer.from('{}');
        return sendJson(reply, await request.engine.restore.construct(body));
      },
    );
  });
}
