import { printErrorLine, printNote } from '../output.js';
import { printableJson } from '../terminal/printable.js';

/** Tells what happens, on standard error: standard output belongs to the command. */
export type ExecReport = (
  event: 'waiting' | 'away' | 'leased' | 'ended' | 'lost' | 'settled' | 'unsettled' | 'finished',
  fields: Readonly<Record<string, string | number | boolean | null>>,
  sentence: string,
) => void;

export function execReport({ json, quiet }: { readonly json: boolean; readonly quiet: boolean }): ExecReport {
  return (event, fields, sentence) => {
    if (json) printErrorLine(printableJson(JSON.stringify({ event, ...fields })));
    // What went wrong is said in any case.
    else if (!quiet || event === 'lost' || event === 'unsettled') printNote(sentence);
  };
}
