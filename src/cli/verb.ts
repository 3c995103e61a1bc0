import { Command, type ErrorOptions } from 'commander';
import { UsageError } from './usage-error.js';

/** A command whose usage errors have the form of all other errors here, and list the choices where there are some. */
export class Verb extends Command {
  override createCommand(name?: string): Verb {
    return new Verb(name);
  }

  /** Commander hands over each usage error that it finds, in words of its own. */
  override error(message: string, { code }: ErrorOptions = {}): never {
    const [, own = '', similar] = /^error: (.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(message) ?? [];
    const help = `"${this.#path} --help" says how it is used`;
    throw new UsageError(
      this.#problem(code, own),
      similar === undefined ? help : `did you mean ${similar}? ${help}`,
    );
  }

  #problem(code: string | undefined, own: string): string {
    const subject = /'(.*?)'/.exec(own)?.[1] ?? '';
    switch (code) {
      case 'commander.unknownCommand':
        return `${JSON.stringify(subject)} is not one of the commands ${this.#commandNames}`;
      case 'commander.unknownOption':
        return `${subject}: there is no such option`;
      case 'commander.excessArguments':
        return `too many arguments: ${this.#surplus}`;
      case 'commander.missingArgument':
        return `${subject} is missing${this.#choices(subject)}`;
      case 'commander.missingMandatoryOptionValue':
        return `${flagIn(subject)} is missing${this.#choices(subject)}`;
      case 'commander.optionMissingArgument':
        return `${flagIn(subject)}: the value is missing${this.#choices(subject)}`;
      case 'commander.conflictingOption':
        return own.replaceAll(/option '(.*?)'/g, (_all, flags: string) => flagIn(flags));
      case 'commander.invalidArgument':
        return brokenRule(own);
      default:
        return own;
    }
  }

  get #path(): string {
    const names: string[] = [];
    for (let command: Command | null = this; command !== null; command = command.parent)
      names.unshift(command.name());
    return names.join(' ');
  }

  get #commandNames(): string {
    return this.commands.map((command) => command.name()).join(', ');
  }

  get #surplus(): string {
    return this.args
      .slice(this.registeredArguments.length)
      .map((word) => JSON.stringify(word))
      .join(' ');
  }

  /** @param subject flags of an option, or the name of an argument. */
  #choices(subject: string): string {
    const { argChoices } =
      this.options.find(({ flags }) => flags === subject) ??
      this.registeredArguments.find((argument) => argument.name() === subject) ??
      {};
    return argChoices === undefined ? '' : `: it must be one of ${argChoices.join(', ')}`;
  }
}

/** What the parser of a value, or commander for a closed set of values, says of the value that it refused. */
function brokenRule(own: string): string {
  const [, flags, argument, given, argumentName, reason = ''] =
    /^(?:option '(.*?)' argument '(.*)' is invalid|command-argument value '(.*)' is invalid for argument '(.*?)')\. (.*)$/s.exec(
      own,
    ) ?? [];
  const rule = reason.replace(/^Allowed choices are (.*)\.$/s, 'one of $1');
  return `${flags === undefined ? argumentName : flagIn(flags)}: ${JSON.stringify(argument ?? given ?? '')} is not ${rule}`;
}

function flagIn(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}
