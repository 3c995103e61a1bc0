import { Type } from '../../typebox.js';
import { Consumer } from '../client/consumer-documents.js';
import { PublicLease, type RunDocument, StepDocument } from '../client/documents.js';
import { CloudEvent } from '../client/event-document.js';
import { findRun } from '../client/find-run.js';
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
