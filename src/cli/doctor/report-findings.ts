import { EXIT, ExitError } from '../exit-code.js';
import { printJson, printLine } from '../output.js';
import { printable } from '../terminal/printable.js';
import { type Screen, styled } from '../terminal/screen.js';
import type { Finding } from './finding.js';

const STYLES = { good: 'green', warning: 'yellow', bad: 'red' } as const;

/** Prints what a check found. @throws ExitError when something is bad. */
export function reportFindings(findings: readonly Finding[], screen: Screen, json: boolean): void {
  if (json) printJson({ findings });
  else for (const finding of findings) printLine(findingLine(screen, finding));
  if (findings.some(({ verdict }) => verdict === 'bad')) throw new ExitError(EXIT.failure);
}

function findingLine(screen: Screen, { about, verdict, detail }: Finding): string {
  const text = printable(`${about}: ${detail}`);
  return screen.tables
    ? `${styled(screen, STYLES[verdict], verdict.padEnd(7))}  ${text}`
    : `${verdict}\t${text}`;
}
