import { parseArgs } from 'node:util';
import { nearest } from '../../models/scenario/nearest.ts';
import { InputError, quoted } from './input-error.ts';
import { terminalColumns } from './text-table.ts';

/** One flag of a script: how it is written, what it means and how its text becomes a value. */
export interface Flag<T> {
  /** Name of the value in the help; null for a switch. */
  readonly placeholder: string | null;
  readonly help: string;
  /** May be given more than once; the value is then the list of all. */
  readonly repeatable?: boolean;
  /** @throws Error - whose message says what is allowed. */
  readonly parse: (text: string) => T;
}

/** Words of a command line that belong to no flag. */
export interface Operands {
  /** As the usage shows them, for example `DIR [DIR2]`. */
  readonly placeholder: string;
  readonly help: string;
  readonly least: number;
  readonly most: number;
}

/** A script as its help shows it. */
export interface Command<F extends Flags> {
  readonly name: string;
  /** The question it answers, one or two sentences. */
  readonly question: string;
  readonly flags: F;
  /** What is named without a flag; absent: nothing may be. */
  readonly operands?: Operands;
  /** Pairs of what it does and the arguments that do it. */
  readonly examples: readonly (readonly [string, string])[];
}

/** Fixes the type of a command's flags. */
export function defineCommand<F extends Flags>(command: Command<F>): Command<F> {
  return command;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of flags of any type.
export type Flags = Record<string, Flag<any>>;

/** Values by flag name; a flag that was not given is undefined. */
export type Values<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T | undefined : never };

interface Given {
  readonly name: string;
  readonly text: string | undefined;
}

function givenFlags(flags: Flags, argv: readonly string[], operands?: string[]): Given[] {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: true }> = {};
  for (const [name, flag] of Object.entries(flags)) {
    options[name] = { type: flag.placeholder === null ? 'boolean' : 'string', multiple: true };
  }
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  return tokens.flatMap((token) => {
    if (token.kind === 'positional' && operands !== undefined) {
      operands.push(token.value);
      return [];
    }
    if (token.kind !== 'option') {
      const text = token.kind === 'positional' ? token.value : '--';
      throw new InputError(`${quoted(text)}: not a flag; flags start with "--", see --help`);
    }
    if (!Object.hasOwn(flags, token.name)) throw unknownFlag(token.rawName, flags);
    const flag = flags[token.name];
    if (flag.placeholder === null && token.value !== undefined) {
      throw new InputError(`--${token.name}=${quoted(token.value)}: --${token.name} takes no value`);
    }
    const swallowed = token.inlineValue === false && token.value?.startsWith('--');
    if (flag.placeholder !== null && (token.value === undefined || token.value.trim() === '' || swallowed)) {
      throw new InputError(`--${token.name}: needs a value, ${flag.placeholder}`);
    }
    return [{ name: token.name, text: token.value }];
  });
}

function unknownFlag(rawName: string, flags: Flags): InputError {
  const meant = nearest(rawName.replace(/^-+/, ''), Object.keys(flags));
  return new InputError(`${quoted(rawName)}: unknown flag; ${meant ? `did you mean --${meant}?` : 'see --help'}`);
}

/**
 * Reads the arguments of a script.
 *
 * @returns the values, or undefined when help was asked for (any other flag is then ignored).
 * @throws InputError - unknown, repeated or empty flag, or a value that is not allowed.
 */
export function parseArguments<F extends Flags>(command: Command<F>, argv: readonly string[]): Values<F> | undefined {
  return parseCommand(command, argv)?.values;
}

/** As `parseArguments`, with the words that belong to no flag. @throws InputError - also when there are too few or too many. */
export function parseCommand<F extends Flags>(
  command: Command<F>,
  argv: readonly string[],
): { values: Values<F>; operands: string[] } | undefined {
  const { operands: allowed } = command;
  const operands: string[] | undefined = allowed && [];
  const flags: Flags = { ...command.flags, help: toggle('') };
  if (argv.includes('--help') || argv.includes('-h')) return undefined;
  const values: Record<string, unknown> = {};
  for (const { name, text } of givenFlags(flags, argv, operands)) {
    const flag = flags[name];
    if (!flag.repeatable && Object.hasOwn(values, name)) throw new InputError(`--${name}: given twice; give it once`);
    let value: unknown;
    try {
      value = flag.placeholder === null ? true : flag.parse(text!);
    } catch (error) {
      throw new InputError(`--${name} ${quoted(text!)}: ${(error as Error).message}`);
    }
    values[name] = flag.repeatable ? [...((values[name] as unknown[]) ?? []), ...(value as unknown[])] : value;
  }
  if (allowed !== undefined && (operands!.length < allowed.least || operands!.length > allowed.most)) {
    const count = operands!.length === 0 ? 'nothing' : `${operands!.length}`;
    throw new InputError(`${count} named; ${allowed.placeholder} is expected, ${allowed.help}`);
  }
  return { values: values as Values<F>, operands: operands ?? [] };
}

/** A switch. */
export function toggle(help: string): Flag<boolean> {
  return { placeholder: null, help, parse: () => true };
}

/** A command line in lines of at most 98 characters, continued as a shell reads it. */
function continued(line: string): string[] {
  if (line.length <= 98) return [line];
  const at = line.lastIndexOf(' --', 95);
  return at < 10 ? [line] : [`${line.slice(0, at)} \\`, ...continued(`     ${line.slice(at)}`)];
}

/** The help page, made from the table of flags. */
export function helpText<F extends Flags>(command: Command<F>): string {
  const rows = [...Object.entries(command.flags), ['help', toggle('this page')] as const].map(([name, flag]) => {
    const left = flag.placeholder === null ? `--${name}` : `--${name} ${flag.placeholder}`;
    return [left, flag.repeatable ? `${flag.help} (repeatable)` : flag.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const lines = [
    `Usage: ${[command.name, command.operands?.placeholder, '[flags]'].filter(Boolean).join(' ')}`,
    '',
    ...wrap(command.question, terminalColumns - 2),
    '',
    'Flags',
  ];
  for (const [left, help] of rows) {
    const [first, ...rest] = wrap(help, terminalColumns - 4 - width);
    lines.push(`  ${left.padEnd(width)}${first}`, ...rest.map((line) => `  ${' '.repeat(width)}${line}`));
  }
  lines.push('', 'Examples');
  for (const [what, example] of command.examples) {
    lines.push(`  # ${what}`, ...continued(`  ${command.name} ${example}`.trimEnd()));
  }
  lines.push('', 'Results go to standard output, progress and log to standard error.');
  lines.push('Exit codes: 0 done; 1 a run failed; 2 bad usage or input; 130 interrupted.');
  return `${lines.join('\n')}\n`;
}

/** Breaks a text into lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
