import { Type } from '../../typebox.js';
import { Consumer } from '../client/consumer-documents.js';
import { PublicLease, RunDocument, StepDocument } from '../client/documents.js';
import { CloudEvent } from '../client/event-document.js';
import { listAll } from '../client/list-all.js';
import { ProblemError } from '../client/problem.js';
import type { ServerClient } from '../client/server-client.js';

/** Everything that the server knows about one step of a run, and that has a bearing on who sees it and why it is still there. */
export interface StepEvidence {
  readonly run: RunDocument;
  /** Entries of the directory that are this step, or would be. */
  readonly entries: readonly StepDocument[];
  readonly leases: readonly PublicLease[];
  readonly consumers: readonly Consumer[];
  /** The last events that tell of its coming and going. */
  readonly events: readonly CloudEvent[];
}

const RunList = Type.Object({ items: Type.Array(RunDocument) });
const EventPage = Type.Object({ items: Type.Array(CloudEvent), cursor: Type.String(), more: Type.Boolean() });

/** Of a long history the last events matter; the others are read past. */
const EVENTS_KEPT = 5;
const EVENT_PAGE = 10_000;

export async function gatherEvidence(
  client: ServerClient,
  given: string | null,
  step: number,
): Promise<StepEvidence> {
  const run = await findRun(client, given);
  const query = { run: run.name };
  const [numbered, leases, consumers, events] = await Promise.all([
    listAll(client, StepDocument, {
      path: ['steps'],
      query: { ...query, state: 'all', min: step, max: step },
    }),
    listAll(client, PublicLease, { path: ['leases'], query: { ...query, step } }),
    listAll(client, Consumer, { path: ['consumers'], query }).catch(noneWithoutRoute),
    stepEvents(client, run.name, step),
  ]);
  return {
    run,
    entries: numbered.items,
    leases: leases.items,
    consumers: consumers.items.filter(({ pending, in_flight: deliveries }) =>
      [...pending, ...deliveries.map((delivery) => delivery.step)].includes(step),
    ),
    events,
  };
}

/** The server is asked which run is meant by the rule that it has for all calls. */
async function findRun(client: ServerClient, given: string | null): Promise<RunDocument> {
  if (given !== null) return client.document(RunDocument, { path: ['runs', given] });
  const { items } = await client.document(RunList, { path: ['runs'] });
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) return only;
  // With none or several it refuses, and says what to do.
  await client.text({ path: ['steps'], query: { limit: 1 } });
  throw new Error('the runs changed meanwhile: ask again');
}

/** An older server has no consumers. */
function noneWithoutRoute(error: unknown): { items: Consumer[] } {
  if (error instanceof ProblemError && error.code === 'not_found') return { items: [] };
  throw error;
}

async function stepEvents(client: ServerClient, run: string, step: number): Promise<readonly CloudEvent[]> {
  const types = 'step.finalized,step.deleted';
  let kept: readonly CloudEvent[] = [];
  let after: string | null = null;
  for (;;) {
    const page: { items: CloudEvent[]; cursor: string; more: boolean } = await client.document(EventPage, {
      path: ['events'],
      query: { run, types, after, limit: EVENT_PAGE },
    });
    kept = [...kept, ...page.items.filter(({ data }) => data?.['step'] === step)].slice(-EVENTS_KEPT);
    if (!page.more) return kept;
    after = page.cursor;
  }
}
