// The `replisim` command: from any folder, through a link as npm makes it, with the completion of three shells; and
// what every script owes its reader: help with examples, within 100 columns, a suggestion for a mistyped flag.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { flagsIn, mainOf, scriptCommands } from '../../experiments/completion/commands.ts';
import { main as replisim } from '../../experiments/replisim.ts';
import { inFolder, run } from './helpers.ts';

const entry = fileURLToPath(new URL('../../experiments/replisim.mjs', import.meta.url));

test('every script is a command; its help has a question, flags and examples, and fits 100 columns', async () => {
  const commands = scriptCommands();
  for (const name of ['sweep', 'simulate', 'explain', 'lint', 'report', 'validate']) {
    assert.ok(
      commands.some((command) => command.name === name),
      name,
    );
  }
  for (const command of commands) {
    const { code, stdout } = await run(await mainOf(command), ['--help']);
    assert.is(code, 0, command.name);
    assert.match(stdout, /^Usage: tsx experiments\//, command.name);
    assert.match(stdout, /\nExamples\n {2}# /, command.name);
    assert.match(stdout, /\nExit codes: 0 /, command.name);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, `${command.name}: ${line}`);
    assert.ok(flagsIn(stdout).length >= 1, `${command.name} has no flags`);
    assert.ok(command.about.length > 10, command.name);
  }
});

test('every script takes a mistyped flag for what was meant, in one line with exit code 2', async () => {
  for (const command of scriptCommands()) {
    const main = await mainOf(command);
    const [flag] = flagsIn((await run(main, ['--help'])).stdout);
    const mistyped = `--${flag.name[0]}${flag.name.slice(1)}x`;
    const { code, stdout, stderr } = await run(main, [mistyped]);
    assert.is(code, 2, command.name);
    assert.is(stdout, '', command.name);
    assert.match(stderr, new RegExp(`^${mistyped}: unknown flag; did you mean --[a-z-]+\\?\\n$`), command.name);
  }
});

test('help comes under the name by which it was called; an unknown command is told the nearest', async () => {
  const help = await run(replisim, ['sweep', '--help']);
  assert.match(help.stdout, /^Usage: replisim sweep \[flags\]/);
  assert.not.match(help.stdout, 'tsx experiments');
  assert.is((await run(replisim, ['help', 'sweep'])).stdout, help.stdout);
  assert.is((await run(replisim, ['scale-sweep', '--help'])).stdout, help.stdout);
  const unknown = await run(replisim, ['simualte']);
  assert.is(unknown.code, 2);
  assert.is(unknown.stderr, 'simualte: no such command; did you mean simulate?\n');
  const strategy = await run(replisim, ['sweep', '--strategies', 'delat']);
  assert.is(strategy.code, 2);
  assert.match(strategy.stderr, 'did you mean delta?');
  const { code, stdout } = await run(replisim, []);
  assert.is(code, 0);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
  assert.match((await run(replisim, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('it runs through a link, in a folder with a tsconfig.json of its own, without colours where there is no terminal', () =>
  inFolder((folder) => {
    const link = join(folder, 'replisim');
    symlinkSync(entry, link);
    execFileSync('sh', ['-c', 'echo "{ broken" > tsconfig.json'], { cwd: folder });
    const { status, stdout, stderr } = spawnSync(
      link,
      ['simulate', '--duration', '0.2', '--warm-up', '0', '--replications', '1', '--quiet'],
      { cwd: folder, encoding: 'utf8' },
    );
    assert.is(status, 0, stderr);
    assert.match(stdout, 'completed_rps');
    assert.not.match(stdout, '\u001b');
  }));

/** Runs a shell with the completion that it was given; undefined where the shell is not installed. */
function inShell(shell: string, script: string): string | undefined {
  const found = ['/bin', '/usr/bin'].map((folder) => join(folder, shell)).find(existsSync);
  if (found === undefined) return undefined;
  return execFileSync(found, ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

test('bash completes commands, flags and names in a list', async () => {
  const { stdout } = await run(replisim, ['completion', 'bash']);
  const complete = (...words: string[]): string[] | undefined =>
    inShell(
      'bash',
      `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})\nCOMP_CWORD=${words.length - 1}\n_replisim\nprintf '%s\\n' "\${COMPREPLY[@]}"`,
    )
      ?.trim()
      .split('\n');
  assert.equal(complete('replisim', 'swe'), ['sweep']);
  assert.equal(complete('replisim', 'simulate', '--scen'), ['--scenario']);
  assert.equal(complete('replisim', 'sweep', '--strategies', 'delta,memcached-s'), ['delta,memcached-sticky']);
  assert.equal(complete('replisim', 'sweep', '--balancers', 'round'), ['round-robin']);
});

test('zsh and fish accept their completions', async () => {
  const zsh = (await run(replisim, ['completion', 'zsh'])).stdout;
  assert.match(zsh, /^#compdef replisim\n/);
  const accepted = inShell('zsh', `autoload -U compinit; compinit -D\n${zsh}\nprint $_comps[replisim]`);
  if (accepted !== undefined) assert.is(accepted, '_replisim\n');
  const fish = (await run(replisim, ['completion', 'fish'])).stdout;
  const offered = inShell('fish', `${fish}\ncomplete -C 'replisim sweep --strategies delta,memcached-s'`);
  if (offered !== undefined) assert.match(offered, 'delta,memcached-sticky');
  else assert.match(fish, /-n '__fish_seen_subcommand_from sweep' -l strategies/);
});

test('a shell that is not known', async () => {
  const { code, stderr } = await run(replisim, ['completion', 'csh']);
  assert.is(code, 2);
  assert.is(stderr, 'completion csh: one of bash, fish, zsh is expected\n');
});

test.run();
