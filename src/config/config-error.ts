/** A setting is wrong. The message names the value, where it came from, and the rule; the CLI prints it and exits 2. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

/** @param origin where the value came from, as the user wrote it, such as `--port` or `STEPLEASE_PORT`. */
export function malformed(origin: string, value: unknown, rule: string): ConfigError {
  return new ConfigError(`${origin}: ${JSON.stringify(value) ?? String(value)} is not ${rule}`);
}
