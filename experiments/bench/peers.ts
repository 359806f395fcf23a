// What others need for the same, measured in the same minute on the same machine, where they are installed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The yardsticks in C: processor time [ns] per customer of M/M/1, and per hold. */
export interface Reference {
  readonly mm1: number;
  readonly hold: readonly YardHold[];
}

/** A hold in C. */
interface YardHold {
  readonly pending: number;
  /** A binary heap of times and sequence numbers. */
  readonly heap: number;
  /** The same with the kind and the arguments of each event. */
  readonly full: number;
  readonly ladder: number;
}

/** Another engine on this machine: processor time [ns] per customer of M/M/1, and per hold. */
export interface Peer {
  readonly version: string;
  readonly mm1: number;
  readonly hold: readonly { readonly pending: number; readonly ns: number }[];
}

/** An engine that this machine lacks: what it took beside the yardsticks elsewhere, scaled to their times here [ns]. */
export interface ScaledPeer {
  readonly name: string;
  readonly mm1: number;
  /** How many times as fast M/M/1 is to be here. */
  readonly times: number;
  readonly hold: readonly { readonly pending: number; readonly ns: number }[];
}

interface Published {
  readonly yardstick: { readonly mm1: number; readonly heap: Record<string, number> };
  readonly peers: readonly {
    readonly name: string;
    readonly mm1: number;
    readonly times: number;
    readonly hold: Record<string, number>;
  }[];
}

function folderOf(name: string): string {
  return fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
}

/** Compiles and runs the yardsticks. @returns what is missing, as text. */
export function measureReference(): Reference | string {
  const folder = mkdtempSync(join(tmpdir(), 'replisim-bench-'));
  const program = join(folder, 'reference');
  try {
    execFileSync('gcc', ['-O2', '-o', program, folderOf('reference.c'), '-lm'], { stdio: 'pipe' });
    return JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Reference;
  } catch {
    return 'no C compiler here (apt-get install gcc libc6-dev): no ratios';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs SimPy, the one of Debian. @returns what is missing, as text. */
export function measureSimPy(): Peer | string {
  return peerOf('/usr/bin/python3', 'simpy_reference.py') ?? 'not installed (apt-get install python3-simpy3)';
}

/** Runs SIM.JS, which nothing but the bench uses. @returns what is missing, as text. */
export function measureSimJs(): Peer | string {
  const install = 'npm ci --prefix experiments/bench/peers/simjs';
  return peerOf(process.execPath, 'simjs/reference.mjs') ?? `not installed (${install})`;
}

function peerOf(program: string, script: string): Peer | undefined {
  try {
    return JSON.parse(execFileSync(program, [folderOf(script)], { encoding: 'utf8', stdio: 'pipe' })) as Peer;
  } catch {
    return undefined;
  }
}

/** What ns-3 and Cimba would take here, if their ratios to the yardsticks are those of another machine. */
export function scaledPeers(yard: Reference): ScaledPeer[] {
  const { yardstick, peers } = JSON.parse(readFileSync(folderOf('published.json'), 'utf8')) as Published;
  return peers.map(({ name, mm1, times, hold }) => ({
    name: `${name}, scaled from performance.md`,
    mm1: (mm1 / yardstick.mm1) * yard.mm1,
    times,
    hold: yard.hold
      .filter(({ pending }) => hold[pending] !== undefined)
      .map(({ pending, heap }) => ({ pending, ns: (hold[pending] / yardstick.heap[pending]) * heap })),
  }));
}
