import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { memoryIo } from '../lib/io.ts';
import type { Main } from '../lib/run-script.ts';

/** A script as a command of `replisim`. */
export interface ScriptCommand {
  /** Name of the command: that of the file, or shorter. */
  readonly name: string;
  /** Name of the script, as its own help has it. */
  readonly script: string;
  /** What it answers, from the first line of the file. */
  readonly about: string;
  readonly url: string;
}

/** A flag as the help of a script shows it. */
export interface ShownFlag {
  readonly name: string;
  /** Name of its value; undefined for a switch. */
  readonly placeholder?: string;
  readonly help: string;
  /** Words that the value may consist of; empty where it is no list of names. */
  readonly words: readonly string[];
}

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Commands that are called otherwise than their files. */
const shortNames: Readonly<Record<string, string>> = { 'scale-sweep': 'sweep' };

/** Files that answer no question: they keep the house. */
const inward = ['reference.ts', 'replisim.ts', 'schema.ts'];

/** Every script, by name: a new file in experiments/ is a new command. */
export function scriptCommands(): ScriptCommand[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !inward.includes(name));
  return files
    .map((file) => {
      const script = file.replace(/\.ts$/, '');
      const comment = /^(?:\/\/ .*\n)+/.exec(readFileSync(`${folder}${file}`, 'utf8'))?.[0] ?? '';
      const [about] = comment
        .replace(/^\/\/ /gm, '')
        .replaceAll('\n', ' ')
        .trim()
        .split(/(?<=[.?:]) /);
      return { name: shortNames[script] ?? script, script, about, url: new URL(`../${file}`, import.meta.url).href };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The body of a script. */
export async function mainOf({ url }: ScriptCommand): Promise<Main> {
  const { main } = (await import(url)) as { main: Main };
  return main;
}

/** The help of a script, under the name by which it was called. */
export function renamed(text: string, commands: readonly ScriptCommand[]): string {
  return text.replace(/tsx (?:experiments|\.\.)\/([a-z-]+)\.ts/g, (whole, script: string) => {
    const command = commands.find((one) => one.script === script);
    return command ? `replisim ${command.name}` : whole;
  });
}

/** Flags in the help of a script. */
export function flagsIn(help: string): ShownFlag[] {
  const [, page = ''] = help.split(/^Flags$/m);
  const [part] = page.split(/^\S/m);
  const found = part.matchAll(/^ {2}--([a-z-]+)(?: ([A-Z][A-Z=]*))? {2,}(.*(?:\n {8,}.*)*)/gm);
  return [...found].map(([, name, placeholder, text]) => {
    const about = text.replace(/\s+/g, ' ').trim();
    const list = /out of ([\w-]+(?:, [\w-]+)*)/.exec(about)?.[1];
    return { name, ...(placeholder ? { placeholder } : {}), help: about, words: list ? list.split(', ') : [] };
  });
}

/** Every command with its flags, as the help pages have them. */
export async function commandsWithFlags(): Promise<{ command: ScriptCommand; flags: ShownFlag[] }[]> {
  const all: { command: ScriptCommand; flags: ShownFlag[] }[] = [];
  for (const command of scriptCommands()) {
    const io = memoryIo();
    const main = await mainOf(command);
    await main(['--help'], io);
    all.push({ command, flags: flagsIn(io.stdout) });
  }
  return all;
}
