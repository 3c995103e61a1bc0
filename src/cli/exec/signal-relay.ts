import { ExitError } from '../exit-code.js';
import { signalStatus } from './signal-status.js';

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
/** Beside those: what a command may give a meaning of its own. SIGTSTP and its like are the terminal's affair. */
const PASSED: readonly NodeJS.Signals[] = [...ENDING, 'SIGUSR1', 'SIGUSR2'];

/**
 * Hears the signals that are meant for the command. While one runs it gets them, and decides what comes of it; otherwise whatever is waited for is given
 * up, and the program ends as the signal would have ended it.
 */
export class SignalRelay {
  /** Aborts with an ExitError when a signal comes while no command runs. */
  readonly abandoned: AbortSignal;
  readonly #controller = new AbortController();
  #receiver: ((signal: NodeJS.Signals) => void) | null = null;
  #isToEnd = false;

  constructor() {
    this.abandoned = this.#controller.signal;
    for (const signal of PASSED) process.on(signal, this.#onSignal);
  }

  /** Whether a signal came that asks to end: no further command is to be started. */
  get isToEnd(): boolean {
    return this.#isToEnd;
  }

  /** Signals go there; null: to nobody. */
  passTo(receiver: ((signal: NodeJS.Signals) => void) | null): void {
    this.#receiver = receiver;
  }

  close(): void {
    for (const signal of PASSED) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (ENDING.includes(signal)) this.#isToEnd = true;
    if (this.#receiver !== null) this.#receiver(signal);
    else this.#controller.abort(new ExitError(signalStatus(signal)));
  };
}
