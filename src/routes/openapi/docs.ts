import swaggerUi from '@fastify/swagger-ui';
import type { Scope } from '../../engine/access/scope.js';
import type { HttpServer } from '../http-server-type.js';
import { NO_PARAMETERS } from '../wire/parameters.js';
import { openapiYaml, type Paths } from './document.js';
import { responses } from './responses.js';

/** Everything comes from this server, so that it works offline; the page styles itself inline, and nothing else is loosened. */
const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** @param scope that the documents need. */
export async function addDocs(server: HttpServer, scope: Scope | 'none'): Promise<void> {
  await server.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: PAGE_POLICY,
      uiConfig: { docExpansion: 'list', tryItOutEnabled: true },
      theme: { title: 'steplease API' },
      transformSpecification: withoutOptionalExamples,
      transformSpecificationClone: true,
    });
  });

  server.get(
    '/openapi.yaml',
    {
      config: { scope },
      schema: {
        operationId: 'openapi',
        summary: 'Show this document',
        description: 'Gives this OpenAPI 3.1 document. `/docs` shows it for reading.',
        tags: ['service'],
        querystring: NO_PARAMETERS,
        response: responses({
          200: {
            description: 'The document.',
            content: { 'application/yaml': { schema: { type: 'object', additionalProperties: true } } },
          },
        }),
      },
    },
    async (_request, reply) => reply.type('application/yaml').send(openapiYaml(server)),
  );
}

/** The page fills every example into its form, and one click would send them all: `force=true` and a cursor of another store among them. */
function withoutOptionalExamples(document: { paths?: Paths }): object {
  for (const operation of Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods)))
    for (const parameter of operation.parameters ?? []) {
      if (parameter.required === true) continue;
      delete parameter.example;
      delete parameter.schema?.examples;
    }
  return document;
}
