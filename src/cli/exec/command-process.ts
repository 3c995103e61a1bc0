import { type ChildProcess, spawn } from 'node:child_process';
import type { Environment } from '../../config/environment.js';
import type { Clock } from '../../engine/clock.js';
import { EXIT } from '../exit-code.js';
import { pause } from '../waiting/pause.js';
import { signalStatus } from './signal-status.js';

const LOOK_AGAIN_MS = 20;

export interface CommandOptions {
  readonly clock: Clock;
  readonly env: Environment;
  /** Between the request to end and the kill. */
  readonly graceMs: number;
}

/** The command cannot be run at all: no other step will change that. */
export class CommandStartError extends Error {
  /** As shells have it. */
  readonly status: number;

  constructor(program: string, cause: NodeJS.ErrnoException) {
    const isMissing = cause.code === 'ENOENT';
    super(
      `cannot run ${JSON.stringify(program)}: ${isMissing ? 'there is no such program' : cause.message}`,
      {
        cause,
      },
    );
    this.name = 'CommandStartError';
    this.status = isMissing ? EXIT.notFound : EXIT.notExecutable;
  }
}

/**
 * The command that `exec` runs, and how it is told to end.
 *
 *     running ──exits──▶ ended(status)
 *        └──stop──▶ stopping: SIGTERM, and SIGKILL once the grace is over ──▶ ended
 *
 * Away from a terminal it leads a process group of its own, so that a signal reaches what it started, too. On a terminal it stays in
 * the group in the foreground, or it could neither read there nor be suspended.
 */
export class CommandProcess {
  /** Its exit status as a shell has it, 128 + n when signal n ended it. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;
  readonly #options: CommandOptions;
  readonly #leadsGroup: boolean;

  private constructor(command: readonly string[], options: CommandOptions) {
    const [program = '', ...args] = command;
    this.#options = options;
    this.#leadsGroup = !onTerminal();
    this.#process = spawn(program, args, {
      env: { ...options.env },
      stdio: 'inherit',
      detached: this.#leadsGroup,
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) =>
        resolve(signal === null ? (code ?? EXIT.failure) : signalStatus(signal)),
      );
    });
  }

  /** @throws CommandStartError */
  static async start(command: readonly string[], options: CommandOptions): Promise<CommandProcess> {
    const [program = ''] = command;
    try {
      const started = new CommandProcess(command, options);
      await started.#spawned();
      return started;
    } catch (error) {
      // spawn throws some errors and emits others; all of them are of the system.
      if (error instanceof Error) throw new CommandStartError(program, error);
      throw error;
    }
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void {
    // The terminal itself gives these to everybody in the foreground; a second one could cut short what the first began.
    if (!this.#leadsGroup && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    this.#send(signal);
  }

  /** Resolves once it has ended, which it does, and with it whatever it started in its group. */
  async stop(): Promise<void> {
    const { clock, graceMs } = this.#options;
    const graceEndMs = clock.monotonic() + graceMs;
    this.#send('SIGTERM');
    // A suspended process hears nothing before this.
    this.#send('SIGCONT');
    const cancel = clock.after(graceMs, () => this.#send('SIGKILL'));
    await this.ended;
    // What it left behind is no child of ours, so nothing tells of its end.
    while (this.#groupRemains && clock.monotonic() < graceEndMs) await pause(clock, LOOK_AGAIN_MS);
    this.#send('SIGKILL');
    cancel();
  }

  #spawned(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#process.once('spawn', resolve);
      this.#process.on('error', reject);
    });
  }

  get #groupRemains(): boolean {
    return this.#leadsGroup && this.#send(0);
  }

  /** Whether somebody was there to get it. The number of a group is not given anew while it has members, that of an ended process is. */
  #send(signal: NodeJS.Signals | 0): boolean {
    const { pid, exitCode, signalCode } = this.#process;
    const hasEnded = exitCode !== null || signalCode !== null;
    if (pid === undefined || (hasEnded && !this.#leadsGroup)) return false;
    try {
      return process.kill(this.#leadsGroup ? -pid : pid, signal);
    } catch {
      // It ended in this moment.
      return false;
    }
  }
}

function onTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY === true);
}
