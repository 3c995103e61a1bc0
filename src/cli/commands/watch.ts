import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { readCount, readSeconds } from '../arguments.js';
import type { CloudEvent } from '../client/event-document.js';
import { addClientCommand, openSession } from '../client-command.js';
import { SignalRelay } from '../exec/signal-relay.js';
import { EXIT, ExitError } from '../exit-code.js';
import { printJson, printLine, printNote, readerGone } from '../output.js';
import { showTime } from '../terminal/figures.js';
import { printable } from '../terminal/printable.js';
import { type Screen, styled } from '../terminal/screen.js';
import { bindRun } from '../waiting/bind-run.js';
import { Deadline } from '../waiting/deadline.js';
import { followEvents } from '../waiting/follow-events.js';
import { tellAway } from '../waiting/tell-away.js';

/** In place of the name of a run. */
const ALL_RUNS = '*';

interface WatchOptions {
  readonly after?: string;
  readonly types?: string;
  readonly count?: number;
  readonly timeout?: number;
}

export function addWatch(program: Command, clock: Clock): void {
  const command = addClientCommand(program, 'watch', {
    description:
      'Print the events of a run as they happen. A broken connection is made again without losing an event; at the end the program prints the position to go on from.',
    examples: [
      'steplease watch --types step.finalized,step.deleted',
      `steplease watch --run '${ALL_RUNS}'                        # every run, those that come later included`,
      'steplease watch --json --after "$(cat cursor)"      # misses nothing since then; each event has its cursor as id',
    ],
  })
    .option('--after <CURSOR>', 'begin behind this position (default: now)')
    .option('--types <TYPE,…>', 'only events of these types')
    .option('--count <N>', 'end after N events', readCount)
    .option(
      '--timeout <DURATION>',
      'end after this time: with exit 124 if --count asked for more events, else with 0',
      readSeconds,
    );
  command.action(async ({ after, types, count, timeout }: WatchOptions) => {
    const { client, run: given, json, screen } = openSession(command);
    const patience = { client, clock, deadline: new Deadline(clock, null), onAway: tellAway };
    const run = given === ALL_RUNS ? null : await bindRun(patience, given);
    const relay = new SignalRelay();
    const time = new AbortController();
    const cancel =
      timeout === undefined ? null : clock.after(timeout * 1_000, () => time.abort(timeIsUp(count)));
    let cursor: string | null = null;
    const following = {
      client,
      clock,
      query: { run, types: types ?? null, after: after ?? null },
      signal: AbortSignal.any([relay.abandoned, readerGone, time.signal]),
      onCursor: (passed: string) => {
        cursor = passed;
      },
      onAway: tellAway,
    };
    let seen = 0;
    try {
      for await (const event of followEvents(following)) {
        if (json) printJson(event);
        else printLine(eventLine(screen, event));
        seen += 1;
        if (seen === count) return;
      }
    } finally {
      cancel?.();
      relay.close();
      if (cursor !== null) printNote(`go on with --after ${cursor}`);
    }
  });
}

/** Without a number of events there is nothing that time could have been too short for. */
function timeIsUp(count: number | undefined): ExitError {
  if (count === undefined) return new ExitError(EXIT.ok);
  return new ExitError(EXIT.timeout, `${count === 1 ? 'one event' : `${count} events`} did not come in time`);
}

function eventLine(screen: Screen, { time, type, source, subject, data = {} }: CloudEvent): string {
  const notes = ['path', 'holder', 'reason', 'end_reason', 'detail'].flatMap((name) =>
    typeof data[name] === 'string' ? [`${name}=${data[name]}`] : [],
  );
  const cells = [showTime(time), type, source.replace(/^\/runs\//, ''), subject ?? '-', ...notes];
  const shown = cells.map((cell) => printable(cell ?? '-'));
  if (!screen.tables) return shown.join('\t');
  const [at = '', what = '', ...others] = shown;
  return [styled(screen, 'dim', at), styled(screen, 'bold', what.padEnd(18)), ...others].join('  ');
}
