import { type Command, Option } from 'commander';
import { type ClientConfig, loadClientConfig } from '../config/client-config.js';
import { isLoopback } from '../config/loopback.js';
import { ServerClient } from './client/server-client.js';
import { printNote } from './output.js';
import { type Screen, screen } from './terminal/screen.js';

/** What a command that talks to a server works with. */
export interface Session {
  readonly client: ServerClient;
  /** Null: the one that the server takes calls without a run to mean. */
  readonly run: string | null;
  readonly json: boolean;
  readonly screen: Screen;
}

/** `text`: one line per row, cells separated by tabs. */
const FORMS = ['table', 'text', 'json'] as const;

interface Shape {
  readonly description: string;
  /** Lines that could be typed as they are. */
  readonly examples: readonly string[];
}

/** Adds a verb that talks HTTP to a running server about one run. */
export function addClientCommand(parent: Command, usage: string, shape: Shape): Command {
  return addServerCommand(parent, usage, shape).option(
    '--run <NAME>',
    'the run that is meant (variable STEPLEASE_RUN; without it the run "default", or else the only one)',
  );
}

/** Adds a verb that talks HTTP to a running server. */
export function addServerCommand(parent: Command, usage: string, { description, examples }: Shape): Command {
  return parent
    .command(usage)
    .description(description)
    .option(
      '--server <URL>',
      'address of the server: a URL, or HOST:PORT (variable STEPLEASE_URL; default http://127.0.0.1:7878)',
    )
    .option(
      '--token <TOKEN>',
      'access token; prefer the variable STEPLEASE_TOKEN, because others can read arguments',
    )
    .addOption(
      new Option(
        '-o, --output <FORM>',
        'form of the results (default: table on a terminal, text in a pipe)',
      ).choices(FORMS),
    )
    .option('--json', 'same as --output json: one document, or one per line where results come over time')
    .addHelpText('after', `\nExample${examples.length === 1 ? '' : 's'}:\n${indent(examples)}`);
}

/** @throws ConfigError */
export function openSession(command: Command): Session {
  // A group such as `runs` may itself be a verb: options before the verb below it count, too.
  const { server, token, run, json, output } = command.optsWithGlobals();
  const config = loadClientConfig({ server, token, run });
  warnOfPlainHttp(config);
  return {
    client: new ServerClient(config),
    run: config.run,
    json: json === true || output === 'json',
    screen: screen(output),
  };
}

/** A token that is sent without TLS can be read by everybody on the way. */
function warnOfPlainHttp({ server, token }: ClientConfig): void {
  const { protocol, hostname } = new URL(server);
  if (token === null || protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''))) return;
  printNote(`the token goes to ${server} without TLS, and anybody on the way can read it; use an https URL`);
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}
