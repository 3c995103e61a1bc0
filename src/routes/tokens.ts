import { RUN_GLOB } from '../engine/access/run-globs.js';
import { SCOPES } from '../engine/access/scope.js';
import type { TokenAdministration } from '../engine/access/token-administration.js';
import { Type } from '../typebox.js';
import { choice, listOf } from './documents/building-blocks.js';
import { CreatedTokenSchema, TokenSchema } from './documents/token-schema.js';
import type { HttpServer } from './http-server-type.js';
import { BODY_ERRORS, empty, json, responses } from './openapi/responses.js';
import { MAX_DURATION_SECONDS, toMilliseconds } from './wire/duration.js';
import { DEFAULT_LIMIT, limit, NO_PARAMETERS, page, RUN_NAME_PATTERN, tokenPath } from './wire/parameters.js';

const tags = ['access'];
const EVERY_RUN = ['*'];

export function addTokenRoutes(server: HttpServer, tokens: TokenAdministration): void {
  server.post(
    '/tokens',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'createToken',
        summary: 'Make a token',
        description:
          'Makes a token and shows its text, this once. With the first token the server closes: from then on every call needs one, also when the last one is revoked or expires. An admin whose runs are limited makes tokens within its own runs.',
        tags,
        querystring: NO_PARAMETERS,
        body: Type.Object(
          {
            name: Type.String({
              pattern: RUN_NAME_PATTERN,
              description: 'Its name, which logs and leases show.',
              examples: ['eval-cluster'],
            }),
            scope: choice(SCOPES, {
              description: 'What its owner may do. `lease` includes `read`, and `admin` both.',
              examples: ['lease'],
            }),
            runs: Type.Optional(
              Type.Array(Type.String({ pattern: RUN_GLOB.source }), {
                minItems: 1,
                maxItems: 64,
                default: EVERY_RUN,
                description:
                  'Patterns of the names of the runs that exist for its owner: `*` is any text, `?` one character.',
                examples: [['team-a-*']],
              }),
            ),
            expires_in: Type.Optional(
              Type.Unsafe<number | null>({
                type: ['number', 'null'],
                minimum: 1,
                maximum: MAX_DURATION_SECONDS,
                description: 'Seconds until the token expires. Null: never.',
                examples: [2_592_000],
              }),
            ),
          },
          {
            title: 'TokenRequest',
            additionalProperties: false,
            examples: [{ name: 'eval-cluster', scope: 'lease', runs: ['team-a-*'], expires_in: 2_592_000 }],
          },
        ),
        response: responses(
          { 201: json('The token, with its text.', CreatedTokenSchema) },
          ...BODY_ERRORS,
          'name_taken',
        ),
      },
    },
    async (request, reply) => {
      const { name, scope, runs = EVERY_RUN, expires_in: expiresIn = null } = request.body;
      const expiresInMs = expiresIn === null ? null : toMilliseconds(expiresIn);
      return reply.code(201).send(await tokens.create(request.principal, { name, scope, runs, expiresInMs }));
    },
  );

  server.get(
    '/tokens',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'listTokens',
        summary: 'List the tokens',
        description: 'Lists the tokens that are not revoked, by name, without their texts.',
        tags,
        querystring: Type.Object({ limit, page }),
        response: responses({ 200: json('The tokens.', listOf(TokenSchema, 'tokens', 'TokenList')) }),
      },
    },
    async (request) => {
      const { limit: most = DEFAULT_LIMIT, page: from = null } = request.query;
      return tokens.list(request.principal, most, from);
    },
  );

  server.delete(
    '/tokens/:token',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke a token',
        description: 'Revokes a token. Streams and waits of its owner end within seconds.',
        tags,
        params: tokenPath,
        querystring: NO_PARAMETERS,
        response: responses({ 204: empty('The token is revoked.') }, 'not_found'),
      },
    },
    async (request, reply) => {
      await tokens.revoke(request.principal, request.params.token);
      return reply.code(204).send();
    },
  );
}
