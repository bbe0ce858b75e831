import type { Command, Option } from 'commander';

/** Writes a shell's completion script for a program. */
export type CompletionWriter = (program: Command) => string;

/** A command that can be typed, with the words that lead to it: `latency measure`. */
interface Typed {
  readonly words: readonly string[];
  readonly command: Command;
}

/** The commands below a program, those inside others too. */
function typedCommands(program: Command, words: readonly string[] = []): readonly Typed[] {
  return program.commands.flatMap((command) => {
    const path = [...words, command.name()];
    return [{ words: path, command }, ...typedCommands(command, path)];
  });
}

function longOptions(command: Command): readonly Option[] {
  return command.options.filter(({ long, hidden }) => long !== undefined && !hidden);
}

/** The names of the commands directly below one. */
function namesBelow(command: Command): readonly string[] {
  return command.commands.map((each) => each.name());
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** A name as part of a shell function's name. */
function identifier(words: readonly string[]): string {
  return words.join('_').replaceAll(/\W/g, '_');
}

/** Text in single quotes, for every shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The shell command that offers those of some words which begin as the user does. */
function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur"))`;
}

const bash: CompletionWriter = (program) => {
  const cases = typedCommands(program).map(({ words, command }) => {
    const options = longOptions(command);
    const values = options.filter(takesValue).map((option) => {
      const choices = option.argChoices;
      return `        ${option.long ?? ''}) ${choices === undefined ? '_glit_files' : bashWords(choices)}; return ;;`;
    });
    const names = namesBelow(command);
    return [
      `    ${quoted(words.join(' '))})`,
      '      case "$prev" in',
      ...values,
      '      esac',
      `      if [[ $cur == -* ]]; then ${bashWords(options.map(({ long }) => long ?? ''))}`,
      `      else ${names.length === 0 ? '_glit_files' : bashWords(names)}; fi ;;`,
    ].join('\n');
  });
  const nested = typedCommands(program).filter(({ words }) => words.length > 1);
  return `# bash completion for glit: glit completion bash >> ~/.bashrc
# Names of files may have spaces; only they are marked as files, or a folder "run" would turn the command into "run/".
_glit_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
_glit() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}"
  if [[ $COMP_CWORD -gt 2 ]]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
      ${nested.map(({ words }) => quoted(words.join(' '))).join('|')}) command="\${COMP_WORDS[1]} \${COMP_WORDS[2]}" ;;
    esac
  fi
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    ${bashWords(namesBelow(program))}
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
}
complete -F _glit glit
`;
};

const zsh: CompletionWriter = (program) => {
  const describe = (text: string): string => text.replaceAll(/[[\]:\\]/g, (mark) => `\\${mark}`);
  const functions = typedCommands(program).map(({ words, command }) => {
    const specs = longOptions(command).map((option) => {
      const choices = option.argChoices;
      const value = !takesValue(option)
        ? ''
        : choices === undefined
          ? ':value:_files'
          : `:value:(${choices.join(' ')})`;
      return `    ${quoted(`*${option.long ?? ''}[${describe(option.description)}]${value}`)}`;
    });
    const names = namesBelow(command);
    const rest =
      names.length === 0
        ? [`    '*:file:_files'`]
        : [`    '1:command:(${names.join(' ')})'`, `    '*::argument:->rest'`];
    const deeper = names.map((name) => `    ${name}) _glit_${identifier([...words, name])} ;;`);
    return [
      `_glit_${identifier(words)}() {`,
      '  _arguments -s \\',
      [...specs, ...rest].join(' \\\n'),
      ...(names.length === 0 ? [] : ['  case "$words[1]" in', ...deeper, '  esac']),
      '}',
    ].join('\n');
  });
  const listed = program.commands.map((command) => `    ${quoted(`${command.name()}:${describe(command.summary())}`)}`);
  const chosen = program.commands.map((command) => `    ${command.name()}) _glit_${identifier([command.name()])} ;;`);
  return `#compdef glit
# zsh completion for glit, after compinit: glit completion zsh >> ~/.zshrc
${functions.join('\n')}
_glit() {
  local -a commands
  commands=(
${listed.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${chosen.join('\n')}
  esac
}
compdef _glit glit
`;
};

const fish: CompletionWriter = (program) => {
  const lines = typedCommands(program).flatMap(({ words, command }) => {
    const [first, ...rest] = words;
    const parent = rest.length === 0 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${first}`;
    const name = words[words.length - 1];
    const inside = `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c glit -f -n ${quoted(parent)} -a ${name} -d ${quoted(command.summary())}`,
      ...longOptions(command).map((option) => {
        const choices = option.argChoices;
        const value = !takesValue(option)
          ? ''
          : choices === undefined
            ? ' -r -F'
            : ` -x -a ${quoted(choices.join(' '))}`;
        return `complete -c glit -n ${quoted(inside)} -l ${(option.long ?? '').slice(2)}${value} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return `# fish completion for glit: glit completion fish > ~/.config/fish/completions/glit.fish\n${lines.join('\n')}\n`;
};

/** The shells whose completion glit can write. */
export const COMPLETIONS: Readonly<Record<string, CompletionWriter>> = { bash, zsh, fish };
