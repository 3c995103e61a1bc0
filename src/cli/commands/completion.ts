import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.js';
import { commandWords } from '../completion/command-words.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import { printLine } from '../output.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

type Shell = keyof typeof SCRIPTS;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('Print a script for shell completion of verbs and flags.')
    .addArgument(new Argument('<SHELL>').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  source <(steplease completion bash)                  # in ~/.bashrc; zsh likewise in ~/.zshrc
  steplease completion fish | source                   # in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => printLine(SCRIPTS[shell](commandWords(program))));
}
