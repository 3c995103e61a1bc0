import type { CommandWords } from './command-words.js';

/**
 * Shell functions that say what may follow: `_steplease_words AT verbs|flags`, and `_steplease_values AT FLAG`, which fails for a flag that takes no value.
 * AT is the verbs typed so far. Names of commands, flags and choices hold nothing that a shell would take for its own.
 */
export function wordTables(commands: readonly CommandWords[]): string {
  return `_steplease_words() {
  case "$1/$2" in
${commands.flatMap(wordCases).join('\n')}
  esac
}
_steplease_values() {
  case "$1/$2" in
${commands.flatMap(valueCases).join('\n')}
  *) return 1 ;;
  esac
}`;
}

function wordCases({ path, verbs, flags }: CommandWords): readonly string[] {
  return [
    `  '${path}/verbs') echo '${verbs.join(' ')}' ;;`,
    `  '${path}/flags') echo '${flags.join(' ')}' ;;`,
  ];
}

function valueCases({ path, values }: CommandWords): readonly string[] {
  return [...values].map(([flag, choices]) => `  '${path}/${flag}') echo '${choices.join(' ')}' ;;`);
}
