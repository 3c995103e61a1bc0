import type { Command } from 'commander';
import { type ClientConfig, loadClientConfig } from '../config/client-config.js';
import { ServerClient } from './client/server-client.js';
import { type Screen, screen } from './terminal/screen.js';

/** What a command that talks to a server works with. */
export interface Session {
  readonly client: ServerClient;
  /** Null: the server knows which, if it has only one. */
  readonly run: string | null;
  readonly json: boolean;
  readonly screen: Screen;
}

interface Shape {
  readonly description: string;
  /** Lines that could be typed as they are. */
  readonly examples: readonly string[];
}

/** Adds a verb that talks HTTP to a running server. */
export function addClientCommand(parent: Command, usage: string, { description, examples }: Shape): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--server <URL>', 'where the server is (variable STEPLEASE_URL; default http://127.0.0.1:7878)')
    .option(
      '--run <NAME>',
      'the run that is meant (variable STEPLEASE_RUN; not needed while there is only one)',
    )
    .option(
      '--token <TOKEN>',
      'access token (better given as variable STEPLEASE_TOKEN: others see arguments)',
    )
    .option('--json', 'print JSON: one document, or one per line where results come over time')
    .addHelpText('after', `\nExample${examples.length === 1 ? '' : 's'}:\n${indent(examples)}`);
}

/** @throws ConfigError */
export function openSession(command: Command): Session {
  const config = clientConfigOf(command);
  return {
    client: new ServerClient(config),
    run: config.run,
    json: command.opts()['json'] === true,
    screen: screen(),
  };
}

function clientConfigOf(command: Command): ClientConfig {
  const { server, token, run } = command.opts();
  return loadClientConfig({ server, token, run });
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}
