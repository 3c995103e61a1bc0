import { readFile, writeFile } from 'node:fs/promises';
import { describeApi } from './describe-api.js';

/**
 * Writes `openapi.yaml`, `openapi-3.0.yaml` and the documents of the Python client from the route schemas; with `--check` fails when the
 * committed files differ. Run it from the project's root.
 */
const isCheck = process.argv.includes('--check');

for (const [file, text] of Object.entries(await describeApi())) {
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`${file} is not what the routes say: run node dist/scripts/write-openapi.js\n`);
    process.exitCode = 1;
  }
}
