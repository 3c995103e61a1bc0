import { Type } from '../typebox.js';
import { LIMIT_SETTINGS } from './limit-settings.js';
import { RUN_SETTINGS } from './run-settings.js';
import { optional, setting, type ValuesOf } from './setting.js';

const duration = (minimum: number) => Type.Number({ minimum });
const count = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

/** What the server is. */
export const SERVER_SETTINGS = {
  host: setting(
    { name: 'host', kind: 'text', description: 'Address to listen on.' },
    Type.String({ minLength: 1 }),
    '127.0.0.1',
  ),
  port: setting(
    { name: 'port', kind: 'integer', description: 'Port to listen on; 0 takes a free one.' },
    Type.Integer({ minimum: 0, maximum: 65_535 }),
    7878,
  ),
  databaseFile: setting(
    { name: 'db', kind: 'path', description: 'SQLite database file; created if it is not there.' },
    Type.String(),
    './steplease.db',
  ),
  allowRoots: setting(
    {
      name: 'allow_root',
      kind: 'paths',
      description: 'Directory under which clients may register runs. Repeatable.',
    },
    Type.Array(Type.String()),
    [],
  ),
  maxWaitMs: setting(
    { name: 'max_wait', kind: 'duration', description: 'Maximum time that one request may wait.' },
    duration(1),
    '300s',
  ),
  maxTtlMs: setting(
    { name: 'max_ttl', kind: 'duration', description: 'Maximum TTL of a lease.' },
    duration(1_000),
    '86400s',
  ),
  ...LIMIT_SETTINGS,
  retainEventsMs: setting(
    { name: 'retain_events', kind: 'duration', description: 'Time that events are kept.' },
    duration(1_000),
    '7d',
  ),
  retainEventsCount: setting(
    { name: 'retain_events_count', kind: 'integer', description: 'Maximum of events kept.' },
    count,
    1_000_000,
  ),
  retainWaitsMs: setting(
    { name: 'retain_waits', kind: 'duration', description: 'Time that ended waits are kept.' },
    duration(1_000),
    '7d',
  ),
  retainWaitsCount: setting(
    { name: 'retain_waits_count', kind: 'integer', description: 'Maximum of ended waits kept.' },
    count,
    100_000,
  ),
  retainLeasesMs: setting(
    { name: 'retain_leases', kind: 'duration', description: 'Time that ended leases are kept.' },
    duration(1_000),
    '24h',
  ),
  allowedHosts: setting(
    {
      name: 'allowed_host',
      kind: 'texts',
      description: 'Host name, other than those of loopback, that requests may use. Repeatable.',
    },
    Type.Array(Type.String({ pattern: '^[^\\s/,]+$' })),
    [],
  ),
  allowedOrigins: setting(
    {
      name: 'allowed_origin',
      kind: 'texts',
      description: 'Origin, such as https://example.org, whose web pages may call the server. Repeatable.',
    },
    Type.Array(Type.String({ pattern: '^[a-z][a-z0-9+.-]*://[^\\s/,]+$' })),
    [],
  ),
  trustedProxies: setting(
    {
      name: 'trusted_proxy',
      kind: 'texts',
      description:
        'Address or CIDR range of proxies whose X-Forwarded-For, -Proto and -Host headers count. Repeatable.',
    },
    Type.Array(Type.String()),
    [],
  ),
  tlsCert: optional(
    {
      name: 'tls_cert',
      kind: 'path',
      description:
        'PEM file with the certificate, and those that lead to its authority. With it and --tls-key the server speaks https only.',
    },
    Type.String(),
  ),
  tlsKey: optional(
    { name: 'tls_key', kind: 'path', description: 'PEM file with the private key, without a passphrase.' },
    Type.String(),
  ),
  tlsClientCa: optional(
    {
      name: 'tls_client_ca',
      kind: 'path',
      description: 'PEM file with the authorities whose client certificates are let in; no others are then.',
    },
    Type.String(),
  ),
  logLevel: setting(
    { name: 'log_level', kind: 'text', description: 'Lowest level that is logged.' },
    Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
  ),
  logFormat: setting(
    { name: 'log_format', kind: 'text', description: 'Form of the log; auto is pretty on a terminal.' },
    Type.Enum(['auto', 'json', 'pretty']),
    'auto',
  ),
  adminTokenFile: optional(
    {
      name: 'admin_token_file',
      kind: 'path',
      description:
        'File with a token made elsewhere, which is always admin. Nobody else may read it; it is read again when it changes.',
    },
    Type.String(),
  ),
  publicDocs: setting(
    { name: 'public_docs', kind: 'boolean', description: 'Serve /docs and /openapi.yaml without a token.' },
    Type.Boolean(),
    false,
  ),
  insecureNoAuth: setting(
    {
      name: 'insecure_no_auth',
      kind: 'boolean',
      description: 'Allow a --host beyond loopback although every caller is admin.',
    },
    Type.Boolean(),
    false,
  ),
};

/** What it watches. */
export const SOURCE_SETTINGS = {
  directory: optional(
    {
      name: 'directory',
      kind: 'path',
      description: 'Checkpoint root of the run "default" (DIR on the command line).',
    },
    Type.String(),
  ),
  runs: setting(
    { name: 'run', kind: 'runs', description: 'Another run and its checkpoint root. Repeatable.' },
    Type.Array(Type.Unknown()),
    [],
  ),
};

/** Every setting, in the order in which they are explained. Those of one run are for the run "default" here. */
export const SETTINGS = { ...SERVER_SETTINGS, ...SOURCE_SETTINGS, ...RUN_SETTINGS };

export type ServerValues = ValuesOf<typeof SERVER_SETTINGS>;
