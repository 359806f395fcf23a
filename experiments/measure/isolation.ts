import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '../lib/io.ts';
import { FOLDER_PREFIX, removeLimits } from './cpu-limit.ts';

/** Where Debian's package tomcat10 puts Tomcat. */
export const TOMCAT_HOME = '/usr/share/tomcat10';
/** Set for the process that runs inside the namespaces: the folder for its files. */
const INSIDE = 'REPLISIM_MEASURE_FOLDER';
/** Namespaces of its own: everything that is started in them ends with their first process, however that ends. */
const unshare = ['--net', '--pid', '--mount', '--fork', '--mount-proc', '--kill-child'];

/** Folder of the measurement, undefined outside the namespaces. */
export function folderInside(): string | undefined {
  return process.env[INSIDE];
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** @returns why nothing can be measured here, null when everything is there. */
export function missingHere(): string | null {
  if (process.platform !== 'linux') return 'this is no Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const program of ['unshare', 'nsenter', 'ip', 'tcpdump', 'java']) {
    if (!runs('which', [program])) return `${program} is missing (apt-get install tomcat10 tcpdump iproute2 ethtool)`;
  }
  if (!existsSync(join(TOMCAT_HOME, 'lib', 'catalina-ha.jar'))) return 'package tomcat10 is missing';
  const bridge =
    'ip link add t0 type bridge && ip link add t1 type veth peer name t2 && unshare --net true && ip link del t0';
  if (!runs('unshare', [...unshare, 'sh', '-c', bridge])) return 'network namespaces are not allowed';
  return null;
}

/**
 * Runs this script again inside namespaces of its own. When this process ends, for whatever reason, so does everything
 * inside, and the folder of the measurement is removed.
 * @returns its exit code.
 */
export async function runInside(argv: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  const command = [...unshare, process.execPath, ...process.execArgv, process.argv[1], ...argv];
  const child = spawn('unshare', command, {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, [INSIDE]: folder },
  });
  const end = (): void => void child.kill('SIGKILL');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, end);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? exitCodes.interrupted));
    });
  } finally {
    for (const signal of signals) process.off(signal, end);
    rmSync(folder, { recursive: true, force: true });
    await removeLimits();
  }
}

/**
 * Inside: ends with the process outside, which holds the other end of standard input.
 * @returns what ends that bond.
 */
export function endWithOutside(): () => void {
  const end = (): void => {
    rmSync(folderInside()!, { recursive: true, force: true });
    process.exit(exitCodes.interrupted);
  };
  process.stdin.once('end', end);
  process.stdin.resume();
  return () => {
    process.stdin.off('end', end);
    process.stdin.destroy();
  };
}
