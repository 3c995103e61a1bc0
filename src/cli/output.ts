import { EXIT, ExitError } from './exit-code.js';
import { printable, printableJson } from './terminal/printable.js';

/**
 * The command line's only way to the terminal. Standard output may be a pipe whose reader has gone (`| head -1`): what is
 * printed then is lost, and nothing else.
 */
export function printLine(line: string): void {
  write(process.stdout, `${line}\n`);
}

export function printErrorLine(line: string): void {
  write(process.stderr, `${line}\n`);
}

/** What the program itself has to say: progress, warnings, and where there is nothing to print. */
export function printNote(sentence: string): void {
  printErrorLine(printable(`steplease: ${sentence}`));
}

export function printLines(lines: readonly string[]): void {
  for (const line of lines) printLine(line);
}

/** One document on one line, so that a stream of them can be read line by line. */
export function printJson(document: unknown): void {
  printLine(printableJson(JSON.stringify(document)));
}

const outputClosed = new AbortController();

/** Aborts once nobody reads standard output any more: what goes on for ever would go on for nobody. */
export const readerGone: AbortSignal = outputClosed.signal;

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!stream.listeners('error').includes(onError)) stream.on('error', onError);
  stream.write(text);
}

function onError(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  if (this === process.stdout) outputClosed.abort(new ExitError(EXIT.ok));
}
