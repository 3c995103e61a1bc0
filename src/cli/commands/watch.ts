import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { readCount } from '../arguments.js';
import type { CloudEvent } from '../client/event-document.js';
import { addClientCommand, openSession } from '../client-command.js';
import { SignalRelay } from '../exec/signal-relay.js';
import { printErrorLine, printJson, printLine, readerGone } from '../output.js';
import { showTime } from '../terminal/figures.js';
import { printable } from '../terminal/printable.js';
import { type Screen, styled } from '../terminal/screen.js';
import { followEvents } from '../waiting/follow-events.js';
import { tellAway } from '../waiting/tell-away.js';

interface WatchOptions {
  readonly after?: string;
  readonly types?: string;
  readonly count?: number;
}

export function addWatch(program: Command, clock: Clock): void {
  const command = addClientCommand(program, 'watch', {
    description:
      'Print events as they happen, of every run unless one is named. When the connection breaks it goes on where it was; when it ends it says where to go on.',
    examples: [
      'steplease watch --types step.finalized,step.deleted',
      'steplease watch --json --after "$(cat cursor)"      # misses nothing since then; each event has its cursor as id',
    ],
  })
    .option('--after <CURSOR>', 'begin with what came after this position (default: now)')
    .option('--types <TYPE,…>', 'only events of these types')
    .option('--count <N>', 'end after so many events', readCount);
  command.action(async ({ after, types, count }: WatchOptions) => {
    const { client, run, json, screen } = openSession(command);
    const relay = new SignalRelay();
    let cursor: string | null = null;
    const following = {
      client,
      clock,
      query: { run, types: types ?? null, after: after ?? null },
      signal: AbortSignal.any([relay.abandoned, readerGone]),
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
      relay.close();
      if (cursor !== null) printErrorLine(printable(`go on with --after ${cursor}`));
    }
  });
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
