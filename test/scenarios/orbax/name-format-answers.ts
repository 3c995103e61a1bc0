import { text } from 'node:stream/consumers';
import {
  buildStepName,
  parseStepName,
  parseTemporaryStepName,
  type StepNameFormat,
} from '../../../src/engine/steps/name-format.js';

/** What name_format_oracle.py asks on standard input; the answers go to standard output, in the same order. */
interface Question {
  readonly formats: readonly StepNameFormat[];
  readonly names: readonly string[];
  readonly steps: readonly number[];
}

const questions = JSON.parse(await text(process.stdin)) as readonly Question[];
const answers = questions.map(({ formats, names, steps }) => ({
  final: names.map((name) => parseStepName(formats, name)),
  temporary: names.map((name) => parseTemporaryStepName(formats, name)),
  built: formats.map((format) => steps.map((step) => buildStepName(format, step))),
}));
process.stdout.write(JSON.stringify(answers));
