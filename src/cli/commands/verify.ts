import type { Command } from 'commander';
import { readStepOrLatest } from '../arguments.js';
import { Verification } from '../client/restore-documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { EXIT, ExitError } from '../exit-code.js';
import { printJson, printLine, printLines } from '../output.js';
import { showBytes } from '../terminal/figures.js';
import { printable } from '../terminal/printable.js';
import { styled } from '../terminal/screen.js';
import { tableLines } from '../terminal/table.js';

export function addVerify(program: Command): void {
  const command = addClientCommand(program, 'verify', {
    description:
      'Check whether a checkpoint is whole: checksums, missing files, short files. Exit 1 when it is damaged.',
    examples: ['steplease verify 12000', 'steplease verify latest --json'],
  }).argument('[STEP]', 'step number, or "latest"', readStepOrLatest, 'latest');
  command.action(async (step: number | 'latest') => {
    const { client, run, json, screen } = openSession(command);
    const found = await client.document(Verification, { path: ['steps', step, 'verify'], query: { run } });
    if (json) printJson(found);
    else {
      const problems = found.items.flatMap(({ item, problems }) => problems.map((one) => ({ item, ...one })));
      const verdict = found.ok ? styled(screen, 'green', 'whole') : styled(screen, 'red', 'damaged');
      const extent = `${found.checked_files} files, ${showBytes(found.checked_bytes)} read`;
      printLine(`step ${found.step} of run ${printable(found.run)}: ${verdict} (${extent})`);
      printLines(
        await tableLines(
          screen,
          [
            { title: 'item', cell: ({ item }) => item },
            { title: 'file', cell: ({ file }) => file },
            { title: 'problem', cell: ({ code }) => code },
            { title: 'detail', cell: ({ detail }) => detail },
          ],
          problems,
        ),
      );
    }
    if (!found.ok) throw new ExitError(EXIT.failure);
  });
}
