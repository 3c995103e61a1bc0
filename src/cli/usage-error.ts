/** The command line was typed wrongly. The message names the value and the rule, the hint says what to type instead. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}
