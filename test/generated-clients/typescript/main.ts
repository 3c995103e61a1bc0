/** Makes the calls of test/generated-clients with openapi-fetch and the types that openapi-typescript generates. */
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const ABSENT = 99999;
const server = createClient<paths>({ baseUrl: String(process.argv[2]) });
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

await printWait({ until: 0 });
await printWait({ until: ABSENT, timeout: '0' });

const { data: lease } = await server.POST('/leases', { body: { step: 'latest', ttl: 60 } });
if (lease?.kind !== 'lease') throw new Error('there is no lease');
print(`lease ${lease.state} ${lease.step} ${lease.ttl}`);

const { data: end } = await server.POST('/leases', { body: { until: ABSENT, timeout: 0 } });
if (end?.kind !== 'wait') throw new Error('there is a lease');
print(`no lease ${end.reason}`);

const named = { params: { path: { id: lease.id } } };
const { data: renewed } = await server.POST('/leases/{id}/renew', { ...named, body: { ttl: 90 } });
print(`renewed ${renewed?.ttl}`);

const { response } = await server.DELETE('/leases/{id}', named);
print(`released ${response.status}`);

const { error } = await server.POST('/leases/{id}/renew', named);
print(`refused ${error?.code}`);

const { data: page } = await server.GET('/events', {
  params: { query: { types: ['step.finalized', 'lease.released'] } },
  querySerializer: { array: { style: 'form', explode: false } },
});
if (page === undefined || typeof page === 'string') throw new Error('there is no page');
print(`events ${page.items.map(({ type }) => type).join()}`);

type WaitQuery = NonNullable<paths['/wait']['get']['parameters']['query']>;

async function printWait(query: WaitQuery): Promise<void> {
  const { data: wait } = await server.GET('/wait', { params: { query } });
  print(`wait ${wait?.reason} ${wait?.step} ${wait?.item?.name ?? 'none'}`);
}
