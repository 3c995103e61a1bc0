import type { SwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { stringify } from 'yaml';
import type { Scope } from '../../engine/access/scope.js';
import type { HttpServer } from '../http-server-type.js';
import { NamedSchemas } from './named-schemas.js';
import { withoutNamelessValues } from './nameless-values.js';
import { withNumberFormats } from './number-formats.js';

/** Version of the contract, not of the package. */
export const API_VERSION = '1.0.0';

const TAGS = [
  { name: 'runs', description: 'Watched checkpoint roots.' },
  { name: 'steps', description: 'Checkpoints of a run.' },
  { name: 'waiting', description: 'Waits for steps, and the record of ended waits.' },
  { name: 'leases', description: 'Time-limited holds on snapshots of steps.' },
  { name: 'consumers', description: 'Durable iterators over the steps of a run.' },
  { name: 'events', description: 'Everything that happened, in order.' },
  { name: 'restore args', description: 'Contents of checkpoints, read without JAX.' },
  { name: 'access', description: 'Tokens, and sessions of browsers.' },
  { name: 'service', description: 'The service itself.' },
];

export const OPENAPI_OPTIONS: SwaggerOptions = {
  convertConstToEnum: false,
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'steplease',
      version: API_VERSION,
      contact: { name: 'The authors of steplease' },
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      description:
        'steplease watches, waits for and leases Orbax checkpoints. Times are RFC 3339 in UTC, durations are seconds, errors are `application/problem+json`, and every response has the header `X-Request-Id`. Clients ignore fields that they do not know.',
    },
    // Relative to where the document is served, whatever the port or the proxy before it.
    servers: [{ url: '/', description: 'The server that serves this document.' }],
    tags: TAGS,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token. While the server has never had one nobody needs one, and every caller may do everything.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'steplease_session',
          description:
            'The session of a browser, from `POST /session`. What changes something must come with the `Origin` of the server.',
        },
      },
    },
  },
  transform: ({ schema, url, route }) => ({ schema: withScope(schema, route.config?.scope ?? 'none'), url }),
  transformObject: (document) => finish('openapiObject' in document ? document.openapiObject : {}),
};

/** What a caller needs for an operation, in OpenAPI's own words and in ours. */
function withScope<T extends FastifySchema>(schema: T, scope: Scope | 'none'): T {
  const { 401: unauthorized, ...others } = Object(schema?.response);
  const isOpen = scope === 'none';
  return {
    ...schema,
    response: isOpen ? others : { ...others, 401: unauthorized },
    security: isOpen ? [] : [{ bearer: [] }, { cookie: [] }],
    'x-required-scope': scope,
  };
}

/** The OpenAPI document as it is served and committed. The server must be ready. */
export function openapiYaml(server: HttpServer): string {
  return toYaml(server.swagger());
}

/** Readable for parsers of YAML 1.1, too: a time such as `2025-01-31T12:00:00.000Z` has to be quoted for them. */
export function toYaml(document: object): string {
  return stringify(document, {
    aliasDuplicateObjects: false,
    lineWidth: 120,
    version: '1.1',
    directives: false,
  } as object);
}

/** Names the models, sorts what has no order of its own, and adds what the generator cannot know. */
function finish<T extends object>(document: T): T {
  const { paths, components }: { paths?: Paths; components?: object } = document;
  const copy = structuredClone(paths ?? {});
  for (const operation of Object.values(copy).flatMap((methods) => Object.values(methods))) {
    for (const parameter of operation.parameters ?? []) {
      // Lists stand in query strings separated by commas.
      if (parameter.in === 'query' && parameter.schema?.type === 'array') parameter.explode = false;
    }
    const { requestBody } = operation;
    // No body means {}, which does where no field is needed.
    if (requestBody !== undefined) {
      requestBody.required = requestBody.content['application/json']?.schema.required !== undefined;
    }
  }
  const models = new NamedSchemas();
  const named = sortKeys(Object(models.replaceIn(withNumberFormats(withoutNamelessValues(copy)))));
  return { ...document, components: { ...components, schemas: models.all }, paths: named };
}

export type Paths = Record<string, Record<string, Operation>>;

interface Operation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly required?: boolean;
    example?: unknown;
    readonly schema?: { readonly type?: string; examples?: unknown };
    explode?: boolean;
  }[];
  readonly requestBody?: {
    required: boolean;
    readonly content: Readonly<
      Record<string, { readonly schema: { readonly required?: readonly string[] } }>
    >;
  };
}

function sortKeys(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
