import type { StepDocument } from '../client/documents.js';
import { inCommands } from '../hint.js';
import { showBytes, showSeconds, showTime } from '../terminal/figures.js';
import type { StepEvidence } from './step-evidence.js';

/** Sentences: whether a step is visible and why, what keeps it alive, and what happened to it. */
export function explainStep(step: number, evidence: StepEvidence): readonly string[] {
  return [...visibility(step, evidence), ...keepers(step, evidence), ...history(evidence)];
}

function visibility(step: number, { run, entries }: StepEvidence): readonly string[] {
  if (entries.length > 0) return entries.flatMap(entrySentences);
  const highest = run.latest_step === null ? 'it has no finalized step' : `its highest is ${run.latest_step}`;
  return [
    `Step ${step} is not visible: no entry of ${run.directory} is step ${step} (${highest}).`,
    ...(run.state === 'watching'
      ? []
      : [`Run ${run.name} is ${run.state}${run.reason === null ? '' : `: ${run.reason}`}.`]),
    ...run.warnings.map(
      ({ detail, hint }) => `Warning: ${detail}${hint === null ? '' : ` (${inCommands(hint)})`}`,
    ),
  ];
}

function entrySentences({
  name,
  step,
  state,
  reason,
  path,
  size_bytes: size,
}: StepDocument): readonly string[] {
  const extent = size === null ? '' : `, ${showBytes(size)}`;
  return state === 'finalized'
    ? [`Step ${step} is visible: ${path}${extent}, finalized (${reason}).`]
    : [`${name} is not visible as step ${step}: it is ${state} (${reason}); path ${path}${extent}.`];
}

function keepers(step: number, { entries, leases, consumers }: StepEvidence): readonly string[] {
  const sentences = [
    ...entries.flatMap(({ snapshot }) =>
      snapshot === null
        ? []
        : [
            `A snapshot (${snapshot.mode}) keeps its files at ${snapshot.path}; only it retains ${showBytes(snapshot.retained_bytes)}.`,
          ],
    ),
    ...leases.map(
      ({ number, holder, ttl_remaining: left, path }) =>
        `Lease ${number}${holder === null ? '' : ` of ${holder}`} holds it for ${showSeconds(left)} more, unless renewed: ${path}`,
    ),
    ...consumers.flatMap(({ name, in_flight: deliveries, pending }) => [
      ...deliveries
        .filter(isOf(step))
        .map(({ number }) => `Consumer ${name} has it in flight, as lease ${number}.`),
      ...(pending.includes(step) ? [`Consumer ${name} still owes it.`] : []),
    ]),
  ];
  if (sentences.length > 0) return sentences;
  return entries.length === 0
    ? []
    : ['Nothing keeps it alive but the trainer: no lease, no snapshot, no consumer.'];
}

function isOf(step: number) {
  return (delivery: { readonly step: number }): boolean => delivery.step === step;
}

function history({ events }: StepEvidence): readonly string[] {
  return events.map(({ time, type }) => `${showTime(time)}  ${type}`);
}
