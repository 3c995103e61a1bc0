import { writeFile } from 'node:fs/promises';
import { describeApi } from './describe-api.js';

/** Writes `openapi.yaml` from the route schemas. Run it from the project's root; a test fails while the committed file differs. */
await writeFile('openapi.yaml', await describeApi());
