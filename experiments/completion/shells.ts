import type { ScriptCommand, ShownFlag } from './commands.ts';

/** What a shell completes. */
export interface Completed {
  readonly command: ScriptCommand;
  readonly flags: readonly ShownFlag[];
}

/** Words that stand where a command does, besides the scripts. */
const own = ['completion', 'help'] as const;

const names = (all: readonly Completed[]): string[] => [...all.map(({ command }) => command.name), ...own].sort();

/** Text inside single quotes of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(all: readonly Completed[]): string {
  const cases = all.map(({ command, flags }) => {
    const lists = flags
      .filter(({ words }) => words.length > 0)
      .map(({ name, words }) => `      --${name}) words="${words.join(' ')}" ;;`);
    const inner = lists.length > 0 ? `\n      case "$before" in\n${lists.join('\n')}\n      esac` : '';
    return `    ${command.name})\n      flags="${[...flags.map(({ name }) => name), 'help']
      .filter((name, at, list) => list.indexOf(name) === at)
      .map((name) => `--${name}`)
      .join(' ')}"${inner} ;;`;
  });
  return `# bash completion of replisim; in ~/.bashrc: eval "$(replisim completion bash)"
_replisim() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags="" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names(all).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    completion) words="bash fish zsh" ;;
    help) words="${all.map(({ command }) => command.name).join(' ')}" ;;
  esac
  if [ -n "$words" ]; then
    local last="\${word##*,}"
    COMPREPLY=($(compgen -P "\${word%"$last"}" -W "$words" -- "$last"))
  elif [ "\${word#-}" != "$word" ]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  fi
}
complete -o default -F _replisim replisim
`;
}

/** Text in the square brackets of zsh's _arguments. */
function zshText(text: string): string {
  return text.replace(/[[\]\\:]/g, '\\$&').replaceAll("'", "'\\''");
}

function zshFlag({ name, placeholder, help, words }: ShownFlag): string {
  const head = `'*--${name}[${zshText(help)}]`;
  if (placeholder === undefined) return `${head}'`;
  const action =
    words.length > 0 ? `_values -s , ${placeholder} ${words.join(' ')}` : /FILE|DIR/.test(placeholder) ? '_files' : ' ';
  return `${head}:${placeholder}:${action}'`;
}

function zsh(all: readonly Completed[]): string {
  const described = all.map(({ command }) => `    '${command.name}:${zshText(command.about)}'`);
  const cases = all.map(
    ({ command, flags }) =>
      `    ${command.name}) _arguments ${[...flags.map(zshFlag), "'*:file:_files'"].join(' ')} ;;`,
  );
  return `#compdef replisim
# zsh completion of replisim; in ~/.zshrc, after compinit: eval "$(replisim completion zsh)"
_replisim() {
  local -a commands
  commands=(
${described.join('\n')}
    'completion:the completion of a shell'
    'help:the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join('\n')}
    completion) _values shell bash fish zsh ;;
    help) _values command ${all.map(({ command }) => command.name).join(' ')} ;;
  esac
}
if [ "$funcstack[1]" = _replisim ]; then _replisim "$@"; else compdef _replisim replisim; fi
`;
}

function fish(all: readonly Completed[]): string {
  const line = (rest: string): string => `complete -c replisim ${rest}`;
  const commands = all.map(({ command }) =>
    line(`-n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.about)}`),
  );
  const flags = all.flatMap(({ command, flags: known }) =>
    known.map(({ name, placeholder, help, words }) => {
      const value =
        words.length > 0 ? ` -x -a "(__fish_append , ${words.join(' ')})"` : placeholder === undefined ? '' : ' -r';
      return line(`-n '__fish_seen_subcommand_from ${command.name}' -l ${name}${value} -d ${quoted(help)}`);
    }),
  );
  return `# fish completion of replisim: replisim completion fish > ~/.config/fish/completions/replisim.fish
${[...commands, line("-n __fish_use_subcommand -f -a completion -d 'the completion of a shell'"), line("-n __fish_use_subcommand -f -a help -d 'the help of a command'"), ...flags, line("-n '__fish_seen_subcommand_from completion' -f -a 'bash fish zsh'"), line(`-n '__fish_seen_subcommand_from help' -f -a '${all.map(({ command }) => command.name).join(' ')}'`)].join('\n')}
`;
}

/** The completion of each shell, as text that the shell evaluates. */
export const shells: Readonly<Record<string, (all: readonly Completed[]) => string>> = { bash, fish, zsh };
