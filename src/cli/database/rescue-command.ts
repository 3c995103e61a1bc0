import type { Config } from '../../config/config.js';
import { formatDuration } from '../../config/duration.js';
import { printJson, printLine } from '../output.js';
import { printable } from '../terminal/printable.js';
import type { DatabaseCare, Rescue, RescueRequest } from './database-care.js';

export const OWNER_IS_GONE = [
  '--owner-is-gone',
  'take over also where nothing tells from here whether the server under the present mark still runs: you made sure that it does not',
] as const;

/** Does it, and prints what was done. */
export async function runRescue(
  openCare: () => Promise<DatabaseCare>,
  config: Config,
  request: Omit<RescueRequest, 'file' | 'ttlMs'>,
  json: boolean,
): Promise<void> {
  const file = config.databaseFile;
  const rescue = await (await openCare()).rescue({ ...request, file, ttlMs: config.maxTtlMs });
  if (json) printJson({ file, kept: rescue.kept, directories: rescue.directories });
  else for (const line of linesOf(file, rescue, config)) printLine(printable(line));
}

function linesOf(file: string, { kept, directories }: Rescue, { maxTtlMs }: Config): readonly string[] {
  const none =
    'no snapshot directory was taken over; name the checkpoint roots, if there are any: "steplease db rebuild ROOT..."';
  return [
    `database ${file}${kept === null ? '' : `; the old file is ${kept} now`}`,
    ...directories.map(
      ({ run, directory, snapshots }) =>
        `run "${run}": ${directory}, ${snapshots} snapshots, each leased for ${formatDuration(maxTtlMs)} from the next start on`,
    ),
    ...(directories.length === 0 ? [none] : []),
  ];
}
