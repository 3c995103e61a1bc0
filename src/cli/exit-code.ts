/** How the command line ends, for scripts; docs/command-line.md lists the same. `exec` also ends with its command's own status. */
export const EXIT = {
  ok: 0,
  /** Refused by the server, or a check that found something. */
  failure: 1,
  /** Bad arguments, a bad configuration, or surroundings in which the server cannot start. */
  usage: 2,
  /** The run is finished: what was waited for will not come. */
  finished: 3,
  /** EX_UNAVAILABLE: no steplease server answers there. */
  unreachable: 69,
  /** EX_TEMPFAIL: the lease ended before the command did. */
  leaseLost: 75,
  /** EX_NOPERM: the server wants a token, or one that may do this. */
  notPermitted: 77,
  /** As timeout(1) has it. */
  timeout: 124,
  /** As shells have them: the command cannot be run, or is not there. */
  notExecutable: 126,
  notFound: 127,
} as const;

/** Ends the program with this code. The message goes to standard error; an empty one: all is said. */
export class ExitError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message = '') {
    super(message);
    this.name = 'ExitError';
    this.exitCode = exitCode;
  }
}
