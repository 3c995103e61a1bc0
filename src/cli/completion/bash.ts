import type { CommandWords } from './command-words.js';
import { wordTables } from './word-tables.js';

export function bashCompletion(commands: readonly CommandWords[]): string {
  return `# steplease completion for bash: source <(steplease completion bash)
${wordTables(commands)}
_steplease() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at= word values
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [ "$word" = -- ] && { compopt -o default; return; }
    case " $(_steplease_words "$at" verbs) " in *" $word "*) at="\${at:+$at }$word" ;; esac
  done
  if values=$(_steplease_values "$at" "$previous"); then :
  elif [[ $current = -* ]]; then values=$(_steplease_words "$at" flags)
  else values=$(_steplease_words "$at" verbs)
  fi
  [ -z "$values" ] && compopt -o default
  COMPREPLY=($(compgen -W "$values" -- "$current"))
}
complete -F _steplease steplease`;
}
