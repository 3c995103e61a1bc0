import swaggerUi from '@fastify/swagger-ui';
import type { HttpServer } from '../http-server-type.js';
import { NO_PARAMETERS } from '../wire/parameters.js';
import { openapiYaml } from './document.js';
import { responses } from './responses.js';

/** Everything comes from this server, so that it works offline; the page styles itself inline, and nothing else is loosened. */
const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

export async function addDocs(server: HttpServer): Promise<void> {
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true },
    theme: { title: 'steplease API' },
  });

  server.get(
    '/openapi.yaml',
    {
      schema: {
        operationId: 'openapi',
        summary: 'This document',
        description: 'OpenAPI 3.1. `/docs` shows it.',
        tags: ['service'],
        querystring: NO_PARAMETERS,
        response: responses({
          200: {
            description: 'The document.',
            content: { 'application/yaml': { schema: { type: 'string' } } },
          },
        }),
      },
    },
    async (_request, reply) => reply.type('application/yaml').send(openapiYaml(server)),
  );
}
