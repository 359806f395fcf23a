// One command for all scripts: `replisim sweep` is `tsx experiments/scale-sweep.ts`.
import { nearest } from '../models/scenario/nearest.ts';
import { commandsWithFlags, mainOf, renamed, type ScriptCommand, scriptCommands } from './completion/commands.ts';
import { shells } from './completion/shells.ts';
import { wrap } from './lib/arguments.ts';
import { InputError, quoted } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { projectVersion } from './lib/provenance.ts';
import { guarded, processIo, runScript } from './lib/run-script.ts';
import { terminalColumns } from './lib/text-table.ts';

function help(commands: readonly ScriptCommand[]): string {
  const rows = [
    ...commands.map(({ name, about }) => [name, about] as const),
    [
      'completion SHELL',
      `what ${Object.keys(shells).join(', ')} evaluate to complete commands, flags and names`,
    ] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.flatMap(([name, about]) => {
    const [first, ...rest] = wrap(about, terminalColumns - 4 - width);
    return [`  ${name.padEnd(width)}${first}`, ...rest.map((line) => `  ${' '.repeat(width)}${line}`)];
  });
  return `${[
    'Usage: replisim COMMAND [flags]',
    '',
    'A deterministic simulator of Tomcat clusters that replicate HTTP sessions.',
    '',
    'Commands',
    ...lines,
    '',
    'Examples',
    '  # the default sweep, then its report',
    '  replisim sweep && replisim report results/scale-sweep',
    '  # what is wrong with these files',
    '  replisim lint server.xml nginx.conf',
    '  # completion in this bash',
    '  eval "$(replisim completion bash)"',
    '',
    'replisim COMMAND --help tells the flags of a command; replisim --version the version.',
  ].join('\n')}\n`;
}

async function completion(argv: readonly string[], io: Io): Promise<number> {
  const [shell = '', ...rest] = argv;
  if (!Object.hasOwn(shells, shell) || rest.length > 0) {
    throw new InputError(`completion ${quoted(argv.join(' '))}: one of ${Object.keys(shells).join(', ')} is expected`);
  }
  io.out(shells[shell](await commandsWithFlags()));
  return exitCodes.done;
}

function commandNamed(name: string, commands: readonly ScriptCommand[]): ScriptCommand {
  const found = commands.find((command) => command.name === name || command.script === name);
  if (found) return found;
  const meant = nearest(name, [...commands.flatMap((command) => [command.name, command.script]), 'completion']);
  throw new InputError(`${quoted(name)}: no such command; ${meant ? `did you mean ${meant}?` : 'see replisim --help'}`);
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const commands = scriptCommands();
    const [name, ...rest] = argv[0] === 'help' && argv.length > 1 ? [argv[1], '--help'] : argv;
    if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
      io.out(help(commands));
      return exitCodes.done;
    }
    if (name === '--version') {
      io.out(`${projectVersion()}\n`);
      return exitCodes.done;
    }
    if (name === 'completion') return completion(rest, io);
    const script = await mainOf(commandNamed(name, commands));
    const isHelp = rest.includes('--help') || rest.includes('-h');
    return script(rest, isHelp ? { ...io, out: (text) => io.out(renamed(text, commands)) } : io);
  }, io);
}

/** The `replisim` command. */
export async function runReplisim(): Promise<void> {
  const io = processIo();
  process.exitCode = await guarded(() => main(process.argv.slice(2), io), io);
}

await runScript(import.meta.url, main);
