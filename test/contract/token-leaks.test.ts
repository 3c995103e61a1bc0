import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServerChild } from '../support/server-child.js';
import { temporaryFolder } from '../support/temporary-folder.js';

interface Misplaced {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A token where it does not belong, in each part of a request. */
function misplaced(text: string): readonly Misplaced[] {
  const json = (method: string, path: string, body: unknown) => ({
    method,
    path,
    body: JSON.stringify(body),
  });
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => ({
    method: 'GET',
    path,
    headers,
  });
  return [
    get(`/${text}`),
    get(`/runs/${text}`),
    get(`/steps/${text}`),
    get(`/leases/${text}`),
    get(`/consumers/${text}`),
    get(`/docs/${text}`),
    get(`/steps?token=${text}`),
    get(`/steps?${text}=1`),
    get(`/steps?run=${text}`),
    get(`/events?after=${text}`),
    get(`/events?types=${text}`),
    get(`/leases?page=${text}`),
    get(`/wait?until=${text}`),
    get('/steps', { accept: text, 'user-agent': text, referer: `http://localhost/${text}`, 'x-token': text }),
    get('/steps', { 'if-none-match': text, range: text, cookie: `steplease_session=${text}; ${text}=1` }),
    get('/steps', { host: text }),
    get('/steps', { origin: `http://${text}` }),
    get('/steps', { 'x-request-id': text, 'x-forwarded-for': text, 'x-forwarded-host': text }),
    get('/steps', { authorization: text }),
    get('/steps', { authorization: `Basic ${text}` }),
    get('/steps', { authorization: `Bearer ${text}x` }),
    { method: 'DELETE', path: `/tokens/${text}` },
    { method: 'POST', path: '/leases', body: `{"${text}` },
    { method: 'POST', path: '/leases', body: text, headers: { 'content-type': text } },
    { method: 'POST', path: '/leases', body: '{"timeout":0}', headers: { 'idempotency-key': `${text}"` } },
    json('POST', '/leases', { [text]: 1 }),
    json('POST', '/leases', { holder: [text] }),
    json('POST', '/leases', { ttl: text }),
    json('POST', '/tokens', { name: text, scope: text }),
    json('POST', '/tokens', { name: 'n', scope: 'read', runs: [`${text}/`] }),
    json('PUT', `/runs/${text}`, { directory: '/nowhere' }),
    json('PUT', '/runs/r', { directory: `/${text}` }),
    json('PUT', '/runs/r', { directory: text }),
    json('PUT', `/consumers/${text}`, { mode: 'every' }),
    json('PUT', '/consumers/c', { mode: text }),
    json('POST', '/restore-args', { [text]: text }),
  ];
}

/** Status line, headers and body, as they came. */
function answerTo(base: string, { path, body, ...each }: Misplaced, token: string | null): Promise<string> {
  const credentials = token === null ? {} : { authorization: `Bearer ${token}` };
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { ...credentials, ...content, ...each.headers };
  return new Promise((resolve, reject) => {
    const asked = request(base + path, { method: each.method, headers, agent: false }, (answer) => {
      let text = `${answer.statusCode} ${answer.rawHeaders.join(' ')}\n`;
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('end', () => resolve(text));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

test('the text of a token comes out of the server once, and nowhere else', async (t) => {
  const folder = temporaryFolder(t);
  const db = join(folder, 'steplease.db');
  const server = await ServerChild.start(t, [folder, '--db', db, '--log-level', 'trace']);
  const { token } = await server.ok(server.post('/tokens', { name: 'root', scope: 'admin' }), 201);
  server.token = token;
  const second = await server.ok(server.post('/tokens', { name: 'second', scope: 'admin' }), 201);
  const cookie = (await server.post('/session')).headers.get('set-cookie')?.split(/[=;]/)[1] ?? '';
  // A piece is a leak, too, in whatever case.
  const secrets = [token, second.token, cookie].map((text: string) => text.slice(10, 30).toLowerCase());
  const seen = new Map<string, string>();

  for (const text of [token, second.token])
    for (const each of misplaced(text))
      for (const credentials of [token, null]) {
        const name = `${each.method} ${each.path} ${each.body ?? ''} ${JSON.stringify(each.headers ?? {})}`;
        seen.set(`${name} ${credentials}`, await answerTo(server.base, each, credentials));
      }
  await server.ok(server.delete('/tokens/second'), 204);
  for (const path of ['/events', '/tokens', '/runs', '/leases', '/waits', '/metrics', '/openapi.yaml'])
    seen.set(path, await answerTo(server.base, { method: 'GET', path }, token));
  const process = `/proc/${server.child.process.pid}`;
  for (const file of ['cmdline', 'comm', 'environ'])
    seen.set(file, await readFile(`${process}/${file}`, 'utf8'));
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0);
  seen.set('standard output', server.child.stdout);
  for (const line of server.child.stderr.split('\n')) seen.set(`log: ${line.slice(0, 300)}`, line);
  for (const file of await readdir(folder)) {
    const content = join(folder, file);
    if ((await stat(content)).isFile()) seen.set(file, await readFile(content, 'latin1'));
  }

  assert.ok(server.child.stderr.split('\n').length > misplaced('').length, 'the log has the requests');
  const leaks = [...seen].filter(([, text]) => secrets.some((secret) => text.toLowerCase().includes(secret)));
  assert.deepEqual(leaks, []);
});
