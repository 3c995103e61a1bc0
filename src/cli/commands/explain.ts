import type { Command } from 'commander';
import { readStep } from '../arguments.js';
import { addClientCommand, openSession } from '../client-command.js';
import { explainStep } from '../explain/explain-step.js';
import { gatherEvidence } from '../explain/step-evidence.js';
import { printJson, printLines } from '../output.js';
import { printable } from '../terminal/printable.js';

export function addExplain(program: Command): void {
  const command = addClientCommand(program, 'explain', {
    description: 'Explain why a step is visible or not, and what protects it from deletion.',
    examples: ['steplease explain 12000'],
  }).argument('<STEP>', 'step number', readStep);
  command.action(async (step: number) => {
    const { client, run, json } = openSession(command);
    const evidence = await gatherEvidence(client, run, step);
    const sentences = explainStep(step, evidence);
    if (json) return printJson({ step, explanation: sentences, ...evidence });
    printLines(sentences.map(printable));
  });
}
