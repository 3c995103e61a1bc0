import type { CommandWords } from './command-words.js';

export function fishCompletion(commands: readonly CommandWords[]): string {
  return [
    '# steplease completion for fish: steplease completion fish | source',
    ...commands.flatMap(rules),
  ].join('\n');
}

function rules(command: CommandWords): readonly string[] {
  const complete = `complete -c steplease -n '${condition(command)}'`;
  const verbs = command.verbs.length === 0 ? [] : [`${complete} -f -a '${command.verbs.join(' ')}'`];
  return [...verbs, ...command.flags.map((flag) => `${complete} -l ${flag.slice(2)}${value(command, flag)}`)];
}

/** All verbs that lead here were typed, and none that leads on. */
function condition({ path, verbs }: CommandWords): string {
  const typed = path === '' ? [] : path.split(' ').map((verb) => `__fish_seen_subcommand_from ${verb}`);
  const onward = verbs.length === 0 ? [] : [`not __fish_seen_subcommand_from ${verbs.join(' ')}`];
  return [...typed, ...onward].join('; and ');
}

function value({ values }: CommandWords, flag: string): string {
  const choices = values.get(flag);
  if (choices === undefined) return '';
  return choices.length === 0 ? ' -r' : ` -x -a '${choices.join(' ')}'`;
}
