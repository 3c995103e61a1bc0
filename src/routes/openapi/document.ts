import type { SwaggerOptions } from '@fastify/swagger';
import { stringify } from 'yaml';
import type { HttpServer } from '../http-server-type.js';

/** Of the contract, not of the package. */
export const API_VERSION = '1.0.0';

const TAGS = [
  { name: 'runs', description: 'Watched checkpoint roots.' },
  { name: 'steps', description: 'Checkpoints of a run.' },
  { name: 'waiting', description: 'Waiting for steps, and the record of it.' },
  { name: 'leases', description: 'Time-limited holds on snapshots of steps.' },
  { name: 'consumers', description: 'Durable iterators over the steps of a run.' },
  { name: 'events', description: 'Everything that happened, in order.' },
  { name: 'restore args', description: 'What a checkpoint contains, without JAX.' },
  { name: 'service', description: 'The service itself.' },
];

export const OPENAPI_OPTIONS: SwaggerOptions = {
  convertConstToEnum: false,
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'steplease',
      version: API_VERSION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Watches, waits for and leases Orbax checkpoints. Times are RFC 3339 UTC; durations are seconds; errors are `application/problem+json`; every response has `X-Request-Id`. Clients ignore fields that they do not know.',
    },
    // Relative to where the document is served, whatever the port or the proxy before it.
    servers: [{ url: '/' }],
    tags: TAGS,
  },
  // Schemas are called in the document what they are called in the code.
  refResolver: {
    buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
  },
  transformObject: (document) => tidy('openapiObject' in document ? document.openapiObject : {}),
};

/** The OpenAPI document as it is served and committed. The server must be ready. */
export function openapiYaml(server: HttpServer): string {
  return stringify(server.swagger(), { aliasDuplicateObjects: false, lineWidth: 120 });
}

/** Sorts what has no order of its own, and adds what the generator cannot know. */
function tidy<T extends object>(document: T): T {
  const { paths, components }: { paths?: Paths; components?: { schemas?: object } } = document;
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
  return {
    ...document,
    components: { ...components, schemas: sortKeys(components?.schemas ?? {}) },
    paths: sortKeys(copy),
  };
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
