import type { Clock } from '../../engine/clock.js';
import { type Static, Type } from '../../typebox.js';
import { RunDocument } from '../client/documents.js';
import { listAll } from '../client/list-all.js';
import type { ServerClient } from '../client/server-client.js';
import { inCommands } from '../hint.js';
import { bad, type Finding, good, warning } from './finding.js';

const Version = Type.Object({ version: Type.String(), node: Type.String() });

/** The `Date` header has whole seconds, and the answer was under way. */
const SKEW_MS = 5_000;

export async function checkServer(client: ServerClient, clock: Clock): Promise<readonly Finding[]> {
  const token = good('token', client.sendsToken ? 'one is set, and sent' : 'none is set (STEPLEASE_TOKEN)');
  try {
    const { version, node } = await client.document(Version, { path: ['version'] });
    const answers = good('server', `${client.server} is steplease ${version} on Node ${node}`);
    const time = await checkClock(client, clock);
    const { items } = await listAll(client, RunDocument, { path: ['runs'] });
    return [answers, token, time, await checkReadiness(client), ...items.flatMap(checkRun)];
  } catch (error) {
    return [bad('server', messageOf(error)), token];
  }
}

async function checkReadiness(client: ServerClient): Promise<Finding> {
  try {
    await client.text({ path: ['readyz'] });
    return good('readiness', 'every run was scanned');
  } catch (error) {
    return bad('readiness', messageOf(error));
  }
}

async function checkClock(client: ServerClient, clock: Clock): Promise<Finding> {
  const answer = await client.open({ path: ['livez'] });
  answer.discard();
  const theirs = Date.parse(answer.header('date') ?? '');
  const skewMs = Math.abs(clock.now() - theirs);
  if (Number.isNaN(skewMs)) return warning('clock', 'the server does not say what time it is');
  if (skewMs <= SKEW_MS) return good('clock', 'the same here and at the server, to a few seconds');
  return warning(
    'clock',
    `${Math.round(skewMs / 1_000)} s apart from the server's: times look wrong, leases are right all the same; set it with NTP`,
  );
}

function checkRun({ name, state, reason, warnings, watch }: Static<typeof RunDocument>): readonly Finding[] {
  const about = `run ${name}`;
  const said = `${state}${reason === null ? '' : `: ${reason}`}`;
  return [
    state === 'unavailable' ? bad(about, said) : good(about, `${said}, by ${watch.mode}`),
    ...(watch.degraded ? [warning(about, `its watch is degraded: it is polled instead of told`)] : []),
    ...warnings.map(({ detail, hint }) =>
      warning(about, `${detail}${hint === null ? '' : ` (${inCommands(hint)})`}`),
    ),
  ];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
