import { Type } from '../../typebox.js';
import { RunDocument } from './documents.js';
import type { ServerClient } from './server-client.js';

const StepList = Type.Object({ run: Type.String() });

/** The run that is meant. Where none is named, the server says which: by the rule that it has for all calls, with the refusal that they get. */
export async function findRun(client: ServerClient, given: string | null): Promise<RunDocument> {
  return client.document(RunDocument, { path: ['runs', given ?? (await meantRun(client))] });
}

/** @returns the name of the run that calls without one are about. */
export async function meantRun(client: ServerClient): Promise<string> {
  const { run } = await client.document(StepList, { path: ['steps'], query: { limit: 1 } });
  return run;
}
