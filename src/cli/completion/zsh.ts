import type { CommandWords } from './command-words.js';
import { wordTables } from './word-tables.js';

export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef steplease
# steplease completion for zsh: source <(steplease completion zsh), after compinit
${wordTables(commands)}
_steplease() {
  local at= word values
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ "$word" == -- ]] && { _files; return }
    [[ " $(_steplease_words "$at" verbs) " == *" $word "* ]] && at="\${at:+$at }$word"
  done
  if values=$(_steplease_values "$at" "\${words[CURRENT-1]}"); then :
  elif [[ "\${words[CURRENT]}" == -* ]]; then values=$(_steplease_words "$at" flags)
  else values=$(_steplease_words "$at" verbs)
  fi
  if [[ -z "$values" ]]; then _files; else compadd -- \${=values}; fi
}
compdef _steplease steplease`;
}
