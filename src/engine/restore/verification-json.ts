import type { StepVerification } from './verify-step.js';

/** The report in the HTTP contract's form, without the run and the step, which only the caller knows. */
export function verificationJson(verification: StepVerification): string {
  const { ok, items, checkedFiles, checkedBytes } = verification;
  return JSON.stringify({ ok, items, checked_files: checkedFiles, checked_bytes: checkedBytes });
}
