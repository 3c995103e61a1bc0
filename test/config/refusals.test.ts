import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfig } from '../../src/config/config.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Each message names the value, where it came from, and the rule. */
const FLAGS: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [{ port: 'http' }, /^--port: "http" is not an integer from 0 to 65535$/],
  [{ port: '65536' }, /^--port: "65536" is not an integer from 0 to 65535$/],
  [{ port: '-1' }, /^--port: "-1" is not an integer/],
  [{ port: '80.5' }, /^--port: "80.5" is not an integer/],
  [{ max_wait: '5 minutes' }, /^--max-wait: "5 minutes" is not a duration \(30, 30s, .*\) of at least 1ms$/],
  [{ max_ttl: '10ms' }, /^--max-ttl: "10ms" is not a duration .* of at least 1s$/],
  [{ max_waits: '0' }, /^--max-waits: "0" is not an integer from 1/],
  [{ log_level: 'loud' }, /^--log-level: "loud" is not one of fatal, error/],
  [{ db: '' }, /^--db: "" is not a path$/],
  [
    { allowed_origin: ['example.org'] },
    /^--allowed-origin: \["example.org"\] is not a list of allowed origins$/,
  ],
  [{ trusted_proxy: ['10.0.0.0/8', '10/8'] }, /^--trusted-proxy: "10\/8" is not an address or a CIDR range/],
  [{ trusted_proxy: ['10.0.0.0/33'] }, /^--trusted-proxy: "10\.0\.0\.0\/33" is not an address or a CIDR/],
  [{ trusted_proxy: ['proxy.example'] }, /^--trusted-proxy: "proxy\.example" is not an address/],
  [{ tls_cert: 'c.pem' }, /^--tls-cert: it needs --tls-key, too$/],
  [{ tls_key: 'k.pem' }, /^--tls-key: it needs --tls-cert, too$/],
  [{ tls_client_ca: 'ca.pem' }, /^--tls-client-ca: it needs --tls-cert and --tls-key, too$/],
  [{ run: ['ckpts'] }, /^--run: "ckpts" is not NAME=DIR$/],
  [{ run: ['=/x'] }, /^--run: "" is not a run name/],
  [{ run: ['Upper=/x'] }, /^--run: "Upper" is not a run name/],
  [{ run: ['a=/x', 'a=/y'] }, /^run a: given twice$/],
  [{ run: ['a=/x', 'b=/x/'] }, /^run b: \/x is the directory of run a already$/],
  [{ directory: '/x', run: ['default=/y'] }, /^run default: given twice$/],
  [{ step_prefix: 'p' }, /^--step-prefix: it is for the run "default", and no DIR was given$/],
  [
    { directory: '/x', commit_mode: 'rename' },
    /^--commit-mode: "rename" is not one of auto, atomic_rename, commit_file$/,
  ],
];

for (const [flags, message] of FLAGS) {
  test(`the flags ${JSON.stringify(flags)} are refused`, () => {
    const load = () => loadConfig(flags, { environment: {}, workingDirectory: '/w' });

    assert.throws(load, { name: 'ConfigError', message });
  });
}

const VARIABLES: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ STEPLEASE_PORT: 'x' }, /^STEPLEASE_PORT: "x" is not an integer from 0 to 65535$/],
  [{ STEPLEASE_PROT: '1' }, /^STEPLEASE_PROT: there is no such setting/],
  [{ STEPLEASE_INSECURE_NO_AUTH: 'yes' }, /^STEPLEASE_INSECURE_NO_AUTH: "yes" is not true or false$/],
  [{ STEPLEASE_TLS_CERT: 'c.pem' }, /^STEPLEASE_TLS_CERT: it needs --tls-key, too$/],
];

for (const [environment, message] of VARIABLES) {
  test(`the variables ${JSON.stringify(environment)} are refused`, () => {
    assert.throws(() => loadConfig({}, { environment, workingDirectory: '/w' }), {
      name: 'ConfigError',
      message,
    });
  });
}

test('variables of other programs and of the tests are none of its business', () => {
  const environment = { PORT: 'x', STEPLEASE: 'x', STEPLEASE_TEST_PYTHON: '/x' };

  assert.equal(loadConfig({}, { environment, workingDirectory: '/w' }).config.port, 7878);
});

const FILES: readonly (readonly [string, RegExp])[] = [
  ['port: many', /^port in .*c\.yaml: "many" is not an integer/],
  ['port:', /^port in .*c\.yaml: null is not an integer/],
  ['prot: 1', /c\.yaml: "prot" is not one of host, port/],
  ['config: other.yaml', /c\.yaml: "config" is not one of/],
  ['- port', /c\.yaml: the file must be a mapping/],
  ['port: 1\nport: 2', /c\.yaml: not valid YAML: .*unique/],
  ['port: [1', /c\.yaml: not valid YAML/],
  ['run: [{name: a}]', /^directory in run\[0\] in .*c\.yaml: undefined is not a path$/],
  ['run: [{directory: /x}]', /^name in run\[0\] in .*: undefined is not a run name/],
  [
    'run: [{name: a, directory: /x, stepprefix: p}]',
    /^run\[0\] in .*: "stepprefix" is not one of name, directory/,
  ],
  ['run: [{name: a, directory: /x, watch: maybe}]', /^watch in run\[0\] in .*: "maybe" is not one of auto/],
  ['run: [{name: a, directory: /x, step_name_formats: []}]', /^step_name_formats in .*: \[\] is not a list/],
  [
    'run: [{name: a, directory: /x, step_prefix: p, step_name_formats: [{}]}]',
    /step_name_formats excludes step_prefix/,
  ],
  ['run: [7]', /^run in .*: 7 is not NAME=DIR$/],
];

for (const [content, message] of FILES) {
  test(`the file ${JSON.stringify(content)} is refused`, (t) => {
    const folder = temporaryFolder(t, { 'c.yaml': content });
    const load = () => loadConfig({ config: 'c.yaml' }, { environment: {}, workingDirectory: folder });

    assert.throws(load, { name: 'ConfigError', message });
  });
}

test('a file that cannot be read is refused by its path', () => {
  const load = () => loadConfig({ config: 'none.yaml' }, { environment: {}, workingDirectory: '/w' });

  assert.throws(load, { name: 'ConfigError', message: /^--config: cannot read \/w\/none\.yaml: ENOENT/ });
});
