import type { Unsatisfied } from '../client/documents.js';
import { EXIT, ExitError } from '../exit-code.js';

/** How a wait that brought nothing ends the program. */
export function endedWithoutStep({ reason, detail }: Unsatisfied, goal: string): ExitError {
  switch (reason) {
    case 'finished':
      return new ExitError(EXIT.finished, `the run is finished: ${goal} will not come`);
    case 'in_flight_limit':
      return new ExitError(
        EXIT.timeout,
        `${goal} did not come in time: other workers hold as many deliveries as the consumer's max_in_flight allows`,
      );
    default:
      return new ExitError(
        EXIT.timeout,
        `${goal} did not come in time${detail === undefined ? '' : `: ${detail}`}`,
      );
  }
}

interface Goal {
  readonly step?: number | 'latest' | null;
  readonly until: number | null;
  readonly run: string | null;
}

/** What is waited for, in words. */
export function goalOf({ step = null, until, run }: Goal): string {
  const least = until === null ? 'a step' : `a step of at least ${until}`;
  return `${typeof step === 'number' ? `step ${step}` : least}${run === null ? '' : ` of run ${run}`}`;
}
