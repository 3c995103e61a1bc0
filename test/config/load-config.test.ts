import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfig } from '../../src/config/config.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const nowhere = { environment: {}, workingDirectory: '/w' };

test('without any source every setting has the default that the contract gives', () => {
  const { config } = loadConfig({}, nowhere);

  assert.deepEqual(config, {
    host: '127.0.0.1',
    port: 7878,
    databaseFile: '/w/steplease.db',
    allowRoots: [],
    maxWaitMs: 300_000,
    maxTtlMs: 86_400_000,
    maxWaits: 10_000,
    maxWaitsPerToken: null,
    maxLeases: 10_000,
    maxLeasesPerToken: null,
    maxStreams: 1_000,
    maxStreamsPerToken: null,
    maxConnections: 20_000,
    maxConnectionsPerToken: null,
    maxRetainedBytes: null,
    maxLeaseLifeMs: null,
    requestsPerSecond: null,
    maxRuns: 1_000,
    maxRunsPerToken: null,
    maxConsumers: 10_000,
    maxConsumersPerToken: null,
    retainEventsMs: 7 * 86_400_000,
    retainEventsCount: 1_000_000,
    retainWaitsMs: 7 * 86_400_000,
    retainWaitsCount: 100_000,
    retainLeasesMs: 86_400_000,
    allowedHosts: [],
    allowedOrigins: [],
    trustedProxies: [],
    tlsCert: null,
    tlsKey: null,
    tlsClientCa: null,
    logLevel: 'info',
    logFormat: 'auto',
    adminTokenFile: null,
    publicDocs: false,
    insecureNoAuth: false,
    runs: [],
  });
});

test('a flag wins over the environment, the environment over the file, the file over the default', (t) => {
  const folder = temporaryFolder(t, { 'c.yaml': 'port: 1\nmax_waits: 1\nmax_leases: 1\n' });
  const environment = { STEPLEASE_PORT: '2', STEPLEASE_MAX_WAITS: '2' };

  const { config, settings } = loadConfig(
    { config: 'c.yaml', port: '3' },
    { environment, workingDirectory: folder },
  );

  assert.deepEqual([config.port, config.maxWaits, config.maxLeases, config.maxStreams], [3, 2, 1, 1_000]);
  const sources = new Map(settings.map(({ setting, source, origin }) => [setting.name, [source, origin]]));
  assert.deepEqual(sources.get('port'), ['flag', '--port']);
  assert.deepEqual(sources.get('max_waits'), ['environment', 'STEPLEASE_MAX_WAITS']);
  assert.deepEqual(sources.get('max_leases'), ['file', `max_leases in ${folder}/c.yaml`]);
  assert.deepEqual(sources.get('max_streams'), ['default', 'default']);
});

test('the variable STEPLEASE_CONFIG names the file where no flag does', (t) => {
  const folder = temporaryFolder(t, { 'c.yaml': 'port: 5' });

  const { config } = loadConfig(
    {},
    { environment: { STEPLEASE_CONFIG: `${folder}/c.yaml` }, workingDirectory: '/' },
  );

  assert.equal(config.port, 5);
});

test('an empty file is a file without settings', (t) => {
  const folder = temporaryFolder(t, { 'c.yaml': '# nothing yet\n' });

  assert.equal(
    loadConfig({ config: 'c.yaml' }, { environment: {}, workingDirectory: folder }).config.port,
    7878,
  );
});

test('lists are repeated on the command line, separated in the environment, lists in the file', (t) => {
  const folder = temporaryFolder(t, { 'c.yaml': 'allow_root: [roots/a, /b]\nallowed_host: one.example' });
  const environment = { STEPLEASE_ALLOWED_ORIGIN: 'http://a.example:8080,https://b.example' };

  const fromFile = loadConfig({ config: 'c.yaml' }, { environment, workingDirectory: folder }).config;
  const fromFlags = loadConfig({ allow_root: ['a', '/b'] }, nowhere).config;
  const fromEnvironment = loadConfig(
    {},
    { ...nowhere, environment: { STEPLEASE_ALLOW_ROOT: 'a:/b' } },
  ).config;

  assert.deepEqual(fromFile.allowRoots, [`${folder}/roots/a`, '/b']);
  assert.deepEqual(fromFile.allowedHosts, ['one.example']);
  assert.deepEqual(fromFile.allowedOrigins, ['http://a.example:8080', 'https://b.example']);
  assert.deepEqual(fromFlags.allowRoots, ['/w/a', '/b']);
  assert.deepEqual(fromEnvironment.allowRoots, ['/w/a', '/b']);
});

test('relative paths start from the working directory, those in the file from the file', (t) => {
  const folder = temporaryFolder(t, { 'etc/c.yaml': 'db: data/x.db' });

  const { config } = loadConfig({ config: `${folder}/etc/c.yaml` }, nowhere);

  assert.equal(config.databaseFile, `${folder}/etc/data/x.db`);
});

test('a number in the file is a duration in seconds', (t) => {
  const folder = temporaryFolder(t, { 'c.yaml': 'max_wait: 1.5\nmax_ttl: 2h' });

  const { config } = loadConfig({ config: 'c.yaml' }, { environment: {}, workingDirectory: folder });

  assert.deepEqual([config.maxWaitMs, config.maxTtlMs], [1_500, 7_200_000]);
});

for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) {
  test(`${host} is loopback and needs no permission`, () => {
    assert.equal(loadConfig({ host }, nowhere).config.host, host);
  });
}
