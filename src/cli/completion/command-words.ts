import type { Command } from 'commander';

/** What may follow one command: the words that are known beforehand. */
export interface CommandWords {
  /** Verbs that lead there, such as `lease acquire`; empty for the program itself. */
  readonly path: string;
  /** Or the choices of its argument. */
  readonly verbs: readonly string[];
  readonly flags: readonly string[];
  /** Flags that take a value, short ones too, and the values where they are a closed set. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export function commandWords(program: Command): readonly CommandWords[] {
  return wordsBelow(program, []);
}

function wordsBelow(command: Command, path: readonly string[]): readonly CommandWords[] {
  const { options } = command;
  const valued = options.filter(({ required, optional }) => required || optional);
  const own = {
    path: path.join(' '),
    verbs: [
      ...command.commands.map((child) => child.name()),
      ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ],
    flags: [...options.flatMap(({ long }) => (long ? [long] : [])), '--help'],
    values: new Map(
      valued.flatMap(({ long, short, argChoices = [] }) =>
        [long, short].flatMap((flag) => (flag === undefined ? [] : [[flag, argChoices] as const])),
      ),
    ),
  };
  return [own, ...command.commands.flatMap((child) => wordsBelow(child, [...path, child.name()]))];
}
