const TAKE_ANOTHER = 'stop reading its path and take a new one with "steplease lease acquire"';

/** What to do after a refusal, in terms of this command line; the server's own hints speak of requests. */
const HINTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    unauthorized:
      'set STEPLEASE_TOKEN to a token of this server; an administrator makes one with "steplease token create"',
    forbidden: 'use a token whose scope and runs allow it; an administrator makes one',
    run_required:
      '"steplease runs" lists the runs: name one with --run, or start the server with its directory',
    run_not_found: '"steplease runs" lists the runs',
    step_not_found:
      '"steplease explain STEP" says why it is not visible, "steplease steps --state all" shows every entry',
    item_required: 'add --item NAME',
    metadata_unreadable: '"steplease verify STEP" tells what else is wrong with the checkpoint',
    lease_not_found: '"steplease lease list" lists the active ones',
    lease_expired: TAKE_ANOTHER,
    lease_released: TAKE_ANOTHER,
    lease_broken: TAKE_ANOTHER,
    lease_lost: TAKE_ANOTHER,
    not_a_delivery: '"steplease lease release" releases it',
    consumer_not_found: '"steplease consumer list" lists them, "steplease consumer create NAME" makes one',
    consumer_exists: 'use another name, or "steplease consumer delete NAME" first',
  }),
);

/** Requests that the server's hints and warnings name, and what to type here instead. */
const COMMANDS = [
  ['PUT /runs/{run}', '"steplease runs put"'],
  ['?force=true', '--force'],
] as const;

/** @param served the server's hint, for codes that mean the same on every way in. */
export function hintFor(code: string, served: string | null): string | null {
  return HINTS.get(code) ?? (served === null ? null : inCommands(served));
}

/** What the server says to do, in terms of this command line. */
export function inCommands(served: string): string {
  return COMMANDS.reduce((text, [request, command]) => text.replaceAll(request, command), served);
}
