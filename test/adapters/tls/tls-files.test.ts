import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { TlsFiles } from '../../../src/adapters/tls/tls-files.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { Observed } from '../../support/observed.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { type Identity, TestAuthority } from '../../support/test-authority.js';

const authority = new TestAuthority('authority');

async function stage(t: TestContext) {
  const home = await temporaryDirectory(t);
  const paths = { cert: join(home, 'tls.crt'), key: join(home, 'tls.key'), clientCa: null };
  const clock = new FakeClock();
  const observed = new Observed();
  const put = async ({ cert, key }: Identity) => {
    await writeFile(paths.cert, cert);
    await writeFile(paths.key, key);
  };
  const open = async (clientCa: string | null = null) => {
    const files = await TlsFiles.open({ ...paths, clientCa }, clock, observed.observer);
    t.after(() => files.close());
    return files;
  };
  /** Two looks: one that sees a change, one that sees that it is over. */
  const untilTold = async (name: 'certificateTaken' | 'certificateRefused', count: number) => {
    const isTold = async () => {
      clock.advance(1_000);
      return observed.all(name).length >= count;
    };
    assert.ok(await eventually(isTold), `${name} was not told`);
  };
  return { home, paths, clock, observed, put, open, untilTold };
}

test('the certificate is read, and told with its subject and its end', async (t) => {
  const { observed, put, open } = await stage(t);
  const first = authority.issue({ CN: 'first' });
  await put(first);

  const { material } = await open();

  assert.deepEqual(material, { ...first, clientCa: null });
  assert.equal(observed.all('certificateTaken')[0]?.subject, 'CN=first');
});

test('one that has expired is taken, and told as such', async (t) => {
  const { observed, put, open, clock } = await stage(t);
  clock.setWall(Date.now());
  await put(authority.issue({ CN: 'old' }, -1));

  await open();

  assert.equal(observed.all('certificateTaken')[0]?.isExpired, true);
});

test('a replaced certificate and key are taken once both are there', async (t) => {
  const { paths, observed, put, open, untilTold } = await stage(t);
  await put(authority.issue({ CN: 'first' }));
  const files = await open();
  const taken: string[] = [];
  files.onChange(({ cert }) => taken.push(cert));
  const second = authority.issue({ CN: 'second' });

  await writeFile(`${paths.cert}.new`, second.cert);
  await rename(`${paths.cert}.new`, paths.cert);
  await writeFile(paths.key, second.key);
  await untilTold('certificateTaken', 2);

  assert.deepEqual(taken, [second.cert]);
  assert.deepEqual(files.material, { ...second, clientCa: null });
  assert.deepEqual(observed.all('certificateRefused'), []);
});

test('a bad new file is refused, the last good one stays, and a good one after it is taken', async (t) => {
  const { paths, observed, put, open, untilTold } = await stage(t);
  const first = authority.issue({ CN: 'first' });
  await put(first);
  const files = await open();

  await writeFile(paths.cert, 'half a certif');
  await untilTold('certificateRefused', 1);
  assert.match(observed.all('certificateRefused')[0]?.reason ?? '', /tls\.crt holds no certificate/);
  assert.equal(files.material.cert, first.cert);

  await rm(paths.cert);
  await untilTold('certificateRefused', 2);
  assert.match(observed.all('certificateRefused')[1]?.reason ?? '', /tls\.crt cannot be read: ENOENT/);

  await put(authority.issue({ CN: 'second' }));
  await untilTold('certificateTaken', 2);
});

test('a server does not start with files that cannot be used, and the message names the file and the fault', async (t) => {
  const { home, paths, put, open } = await stage(t);
  const first = authority.issue({ CN: 'first' });
  const other = authority.issue({ CN: 'other' });
  const refused = (message: RegExp, clientCa: string | null = null) =>
    assert.rejects(open(clientCa), { name: 'TlsFileError', message });

  await refused(/^tls_cert: .*tls\.crt cannot be read: ENOENT/);
  await put({ cert: first.cert, key: other.key });
  await refused(/^tls_key: .*tls\.key is not the key of the certificate in .*tls\.crt/);
  await put({ cert: first.cert, key: 'nothing' });
  await refused(/^tls_key: .*tls\.key holds no private key/);
  await put({ cert: first.cert, key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\n' });
  await refused(/^tls_key: .*tls\.key is encrypted/);
  await put({ cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', key: first.key });
  await refused(/^tls_cert: .*tls\.crt holds a certificate that cannot be read/);
  await put(first);
  await writeFile(join(home, 'ca.pem'), '');
  await refused(/^tls_client_ca: .*ca\.pem holds no certificate/, join(home, 'ca.pem'));
  assert.ok((await open()).material.key.includes('PRIVATE KEY'));
  assert.equal(paths.clientCa, null);
});
