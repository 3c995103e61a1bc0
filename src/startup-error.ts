import type { Config } from './config/config.js';

/** The server cannot start as it is configured, or where it is. The message says why; the CLI prints it and exits 2. */
export class StartupError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StartupError';
  }
}

/** Errors of other layers that mean the same. They are known by name: the process's life knows no storage engine. */
const EXPECTED: readonly string[] = [
  'DatabaseInUseError',
  'StorageError',
  'EngineError',
  'TlsFileError',
  'AdminTokenFileError',
];

/** Whether an error lies in the configuration or the surroundings, so that its sentence says all. */
export function isExpected(error: unknown): error is Error {
  return error instanceof Error && EXPECTED.includes(error.name);
}

/** Why listening failed, by Node's code. */
const LISTEN_ERRORS: Readonly<Record<string, (config: Config) => string>> = {
  EADDRINUSE: ({ host, port }) =>
    `port ${port} of ${host} is taken; choose another with --port (0 takes a free one)`,
  EACCES: ({ host, port }) =>
    `not permitted to listen on port ${port} of ${host}; choose another with --port`,
  EADDRNOTAVAIL: ({ host }) => `${host} is not an address of this machine; choose another with --host`,
  ENOTFOUND: ({ host }) => `host ${host} is unknown; choose another with --host`,
};

/** Explains an error at start if it lies in the configuration or the surroundings; any other is returned as it is. */
export function startupErrorOf(error: unknown, config: Config): unknown {
  if (!(error instanceof Error)) return error;
  if (isExpected(error)) return new StartupError(error.message, error);
  const { syscall, code = '' }: NodeJS.ErrnoException = error;
  const explain = syscall === 'listen' || syscall === 'getaddrinfo' ? LISTEN_ERRORS[code] : undefined;
  return explain === undefined ? error : new StartupError(explain(config), error);
}
