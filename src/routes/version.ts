import { Type } from '../typebox.js';
import type { HttpServer } from './http-server-type.js';
import { API_VERSION } from './openapi/document.js';
import { json, responses } from './openapi/responses.js';
import { NO_PARAMETERS } from './wire/parameters.js';

export function addVersionRoute(server: HttpServer, version: string): void {
  const document = { name: 'steplease', version, node: process.versions.node, api: API_VERSION };
  server.get(
    '/version',
    {
      config: { scope: 'none' },
      schema: {
        operationId: 'version',
        summary: 'Show the versions',
        description: 'Shows the versions of the package, of Node.js and of this API.',
        tags: ['service'],
        querystring: NO_PARAMETERS,
        response: responses({
          200: json(
            'The versions.',
            Type.Object(
              {
                name: Type.String({ examples: ['steplease'] }),
                version: Type.String({ description: 'Version of the package.', examples: ['0.1.0'] }),
                node: Type.String({ description: 'Version of Node.js.', examples: ['24.1.0'] }),
                api: Type.String({ description: 'Version of this API.', examples: [API_VERSION] }),
              },
              { title: 'Versions', description: 'The versions of a server.' },
            ),
          ),
        }),
      },
    },
    async () => document,
  );
}
