import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';
import { ApiDescription, type Operation, type Parameter } from './support/api-description.js';
import { Interference } from './support/interference.js';

interface Request {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const api = await ApiDescription.read();

/** The world that the examples are about: run `default` with step 12000, consumer `mmlu`, and a lease, each made anew. */
class World {
  readonly #server: RunningServer;
  readonly #root: CheckpointRoot;
  readonly #interference: Interference;

  private constructor(server: RunningServer, root: CheckpointRoot, interference: Interference) {
    this.#server = server;
    this.#root = root;
    this.#interference = interference;
  }

  static async make(t: test.TestContext): Promise<World> {
    const root = CheckpointRoot.make(t);
    const interference = new Interference();
    const server = await RunningServer.start(t, {
      flags: { allow_root: [dirname(root.path)] },
      around: interference.around,
    });
    server.token = (await server.ok(server.post('/tokens', { name: 'root', scope: 'admin' }), 201)).token;
    await server.ok(server.put('/runs/default', { directory: root.path }), 201);
    root.save(12000);
    return new World(server, root, interference);
  }

  async send(operation: Operation, request: Request): Promise<{ status: number; body: unknown }> {
    const values = await this.#begin(operation);
    const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) =>
      String(values[name] ?? operation.parameters?.find((parameter) => parameter.name === name)?.example),
    );
    // The step has two items, so that one has to be named.
    const item = operation.operationId === 'getRestoreArgs' ? { item: 'default' } : {};
    const query = new URLSearchParams({ ...item, ...request.query }).toString();
    const body = { ...request.body };
    // What only this server and this machine know.
    for (const name of Object.keys(body)) body[name] = values[name] ?? body[name];
    return this.#server.call(operation.method.toUpperCase(), query === '' ? path : `${path}?${query}`, {
      ...(operation.requestBody === undefined ? {} : { body }),
      ...(request.headers === undefined ? {} : { headers: request.headers }),
    });
  }

  async #begin({ path }: Operation): Promise<Readonly<Record<string, unknown>>> {
    const server = this.#server;
    await server.delete('/runs/default?force=true');
    this.#root.delete(12000);
    await server.ok(server.put('/runs/default', { directory: this.#root.path }), 201);
    this.#root.save(12000);
    await server.ok(server.get('/wait?until=12000'));
    const values = { directory: this.#root.path, snapshot_dir: join(dirname(this.#root.path), 'snapshots') };
    if (path.startsWith('/runs')) return values;
    if (path.startsWith('/tokens')) {
      await server.delete('/tokens/eval-cluster');
      if (path.endsWith('}'))
        await server.ok(server.post('/tokens', { name: 'eval-cluster', scope: 'read' }), 201);
      return {};
    }
    if (path.startsWith('/snapshots')) return { id: await this.#stuckSnapshot() };
    await server.ok(server.put('/consumers/mmlu', { mode: 'every', start: 'earliest' }), 201);
    const isDelivery = path.endsWith('ack');
    const lease = await server.ok(
      isDelivery ? server.post('/consumers/mmlu/next') : server.post('/leases', { step: 12000 }),
      201,
    );
    return { ...values, id: lease.id, number: lease.number };
  }

  /** The number of one that could not be removed once. */
  async #stuckSnapshot(): Promise<unknown> {
    const server = this.#server;
    const { id } = await server.ok(server.post('/leases', { step: 12000 }), 201);
    const failed = { outcome: 'failed', errno: 'EIO', path: '', detail: 'a disk that fails' } as const;
    this.#interference.next('erase', async () => failed);
    await server.ok(server.delete(`/leases/${id}`), 204);
    const page = await server.ok(server.get('/events?types=snapshot.stuck&timeout=10'));
    return page.items.at(-1).data.number;
  }
}

/** One request with nothing but what must be there, and one for each example of a parameter or of a body. */
function* requestsOf(operation: Operation): Generator<[string, Request]> {
  const bodies = api.bodies(operation);
  for (const body of bodies) yield [JSON.stringify(body), { body }];
  const [body = {}] = bodies;
  for (const { in: place, name, example } of (operation.parameters ?? []).filter(isOptionalExample)) {
    const given = { [name]: String(example) };
    yield [`${name}=${example}`, place === 'query' ? { body, query: given } : { body, headers: given }];
  }
}

function isOptionalExample({ required, example }: Parameter): boolean {
  return !required && example !== undefined;
}

for (const operation of api.operations) {
  test(`${operation.method} ${operation.path} takes its own examples, and answers as described`, async (t) => {
    const world = await World.make(t);
    for (const [name, request] of requestsOf(operation)) {
      const { status, body } = await world.send(operation, request);
      assert.ok(status < 400, `${name}: ${JSON.stringify(body)}`);
      assert.equal(api.faults(operation, status, body), null, name);
    }
  });
}
