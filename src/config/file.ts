import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { ConfigError } from './config-error.js';

export interface ConfigFile {
  readonly path: string;
  /** Relative paths in the file start from here. */
  readonly directory: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export function readConfigFile(file: string, workingDirectory: string): ConfigFile {
  const path = resolve(workingDirectory, file);
  const document = parseDocument(readText(path), { prettyErrors: true });
  const problem = document.errors[0];
  if (problem !== undefined) throw new ConfigError(`${path}: not valid YAML: ${problem.message}`);
  const values: unknown = document.toJS() ?? {};
  if (!isMapping(values)) throw new ConfigError(`${path}: the file must be a mapping of settings to values`);
  return { path, directory: dirname(path), values };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      `--config: cannot read ${path}: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    );
  }
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
