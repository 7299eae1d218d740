import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Level {
  /** The words that lead here: `keys limit`. */
  path: string;
  commands: readonly { name: string; description: string }[];
  options: readonly { flag: string; description: string }[];
}

/** A script that completes every command and option of this version. */
export function completionScript(program: Command, shell: Shell): string {
  const levels = levelsOf(program, []);
  const name = program.name();
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](name, levels);
}

function levelsOf(command: Command, path: readonly string[]): Level[] {
  const options = [...command.options, ...(command.parent ? rootOf(command).options : [])];
  const own: Level = {
    path: path.join(' '),
    commands: command.commands.map((inner) => ({ name: inner.name(), description: inner.description() })),
    options: options.flatMap(({ long, description }) => (long ? [{ flag: long, description }] : [])),
  };
  return [own, ...command.commands.flatMap((inner) => levelsOf(inner, [...path, inner.name()]))];
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

function wordsOf({ commands, options }: Level): string[] {
  return [...commands.map((command) => command.name), ...options.map(({ flag }) => flag)];
}

/** The longest known path among the words before the cursor, in the shell's own language. */
function bashScript(name: string, levels: readonly Level[]): string {
  const cases = levels.map((level) => `    '${level.path}') words='${wordsOf(level).join(' ')}' ;;`);
  return `_${name}() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path\${path:+ }$word" in
      ${levels.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')}) path="$path\${path:+ }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function zshScript(name: string, levels: readonly Level[]): string {
  const item = (word: string, description: string) => quoted(`${word.replaceAll(':', '\\:')}:${description}`);
  const cases = levels.map(
    (level) =>
      `    '${level.path}') items=(${[...level.commands.map((command) => item(command.name, command.description)), ...level.options.map(({ flag, description }) => item(flag, description))].join(' ')}) ;;`,
  );
  return `#compdef ${name}
_${name}() {
  local path_so_far='' word
  local -a items
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path_so_far\${path_so_far:+ }$word" in
      ${levels.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')}) path_so_far="$path_so_far\${path_so_far:+ }$word" ;;
    esac
  done
  case "$path_so_far" in
${cases.join('\n')}
  esac
  _describe '${name}' items
}
compdef _${name} ${name}
`;
}

function fishScript(name: string, levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, commands, options }) => {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    const isInner = path === '' ? '' : ` -n '${condition}'`;
    return [
      ...commands.map(
        (command) => `complete -c ${name} -f -n '${condition}' -a ${command.name} -d ${quoted(command.description)}`,
      ),
      ...options.map(
        ({ flag, description }) => `complete -c ${name}${isInner} -l ${flag.slice(2)} -d ${quoted(description)}`,
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
