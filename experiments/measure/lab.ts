import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunFailed } from '../lib/run-failed.ts';
import { TOMCAT_HOME } from './isolation.ts';
import { type ClusterConfig, loggingProperties, serverXml, webXml } from './tomcat-config.ts';

/** The bridge between the nodes, where everything is captured. */
export const BRIDGE = 'br0';
/** The heap and the collector of every node, as in the measurements that are shipped. */
export const JVM_OPTIONS = ['-Xmx256m', '-Xms128m', '-XX:+UseSerialGC'];
/** How long a node may take to answer its first request [ms]. */
const START_MS = 90_000;

/** Address of a node. */
export const addressOf = (node: number): string => `10.77.0.${node + 1}`;

/** The moment now, by the clock of the log and the capture [ms]. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Rests to the tenth of a millisecond, and does nothing else meanwhile: a loop would keep one of the processors from the JVMs whose
 * threads are at stake.
 */
export function sleepUntil(untilMs: number): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const leftMs = untilMs - nowMs();
  if (leftMs > 0) Atomics.wait(nobody, 0, 0, leftMs);
}

/** @throws RunFailed - the command fails. */
function must(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new RunFailed(`${program} ${args.join(' ')}: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** A line of a node's log. */
export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

/** One Tomcat in a network namespace of its own, which lasts as long as `holder`. */
class Node {
  readonly log: LogLine[] = [];
  startedMs = 0;
  readyMs = 0;
  process: ChildProcess | null = null;
  readonly threadNames = new Map<string, string>();

  constructor(
    readonly holder: ChildProcess,
    readonly base: string,
  ) {}
}

/** Two or more Tomcats on a bridge, inside namespaces that nobody else uses. */
export class Lab {
  readonly version: string;
  readonly count: number;
  private readonly folder: string;
  private readonly classes: string;
  private readonly nodes: Node[] = [];

  constructor(folder: string, count: number) {
    this.folder = folder;
    this.count = count;
    this.classes = this.compile();
    const info = must('java', '-cp', join(TOMCAT_HOME, 'lib', 'catalina.jar'), 'org.apache.catalina.util.ServerInfo');
    this.version = /Server number:\s*(\d+\.\d+\.\d+)/.exec(info)?.[1] ?? 'unknown';
    must('ip', 'link', 'set', 'lo', 'up');
    must('ip', 'link', 'add', BRIDGE, 'type', 'bridge', 'mcast_snooping', '0', 'forward_delay', '0');
    must('ip', 'addr', 'add', '10.77.0.254/24', 'dev', BRIDGE);
    must('ip', 'link', 'set', BRIDGE, 'up');
    for (let node = 0; node < count; node += 1) this.nodes.push(this.plug(node));
  }

  /** The servlet, compiled with javac, or with the compiler that Tomcat has for its JSPs. */
  private compile(): string {
    const classes = join(this.folder, 'classes');
    mkdirSync(classes);
    const source = fileURLToPath(new URL('StateServlet.java', import.meta.url));
    const path = join(TOMCAT_HOME, 'lib', 'servlet-api.jar');
    if (spawnSync('which', ['javac'], { stdio: 'ignore' }).status === 0) {
      must('javac', '-cp', path, '-d', classes, source);
    } else {
      const compiler = ['-cp', '/usr/share/java/eclipse-jdt-core.jar', 'org.eclipse.jdt.internal.compiler.batch.Main'];
      must('java', ...compiler, '-proc:none', '-11', '-cp', path, '-d', classes, source);
    }
    return classes;
  }

  private plug(node: number): Node {
    const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const port = `veth${node + 1}`;
    must('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.namespaceOf(holder));
    must('ip', 'link', 'set', port, 'master', BRIDGE, 'up');
    const inside = (...args: string[]): string => must('nsenter', '-t', String(holder.pid), '--net', ...args);
    inside('ip', 'link', 'set', 'lo', 'up');
    inside('ip', 'addr', 'add', `${addressOf(node)}/24`, 'dev', 'eth0');
    inside('ip', 'link', 'set', 'eth0', 'up');
    inside('ip', 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
    // Segments as they cross a real wire; without ethtool they are counted as the kernel hands them over.
    const off = ['tso', 'off', 'gso', 'off', 'gro', 'off', 'tx', 'off', 'rx', 'off'];
    inside('ethtool', '-K', 'eth0', ...off);
    must('ethtool', '-K', port, ...off);
    return new Node(holder, join(this.folder, `node${node + 1}`));
  }

  /** Waits until a process has left this namespace for its own. */
  private namespaceOf(holder: ChildProcess): string {
    const own = must('readlink', '/proc/self/ns/net');
    for (let tries = 0; tries < 200; tries += 1) {
      if (must('readlink', `/proc/${holder.pid}/ns/net`) !== own) return String(holder.pid);
      spawnSync('sleep', ['0.01']);
    }
    throw new RunFailed('a network namespace did not come up');
  }

  /** Starts one node. @returns when it answers requests. */
  async start(node: number, config: ClusterConfig): Promise<void> {
    const one = this.nodes[node];
    const { base, holder, log } = one;
    for (const name of ['conf', 'temp', 'work', 'logs', 'webapps/app/WEB-INF'])
      mkdirSync(join(base, name), { recursive: true });
    writeFileSync(join(base, 'conf', 'server.xml'), serverXml(config, node, addressOf(node)));
    writeFileSync(join(base, 'conf', 'web.xml'), webXml);
    writeFileSync(join(base, 'conf', 'logging.properties'), loggingProperties);
    writeFileSync(join(base, 'webapps', 'app', 'WEB-INF', 'web.xml'), webXml);
    cpSync(this.classes, join(base, 'webapps', 'app', 'WEB-INF', 'classes'), { recursive: true });
    log.length = 0;
    one.threadNames.clear();
    one.startedMs = nowMs();
    const bin = join(TOMCAT_HOME, 'bin');
    const java = [...JVM_OPTIONS, '-Djava.net.preferIPv4Stack=true'];
    java.push('-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager');
    java.push(`-Djava.util.logging.config.file=${join(base, 'conf', 'logging.properties')}`);
    java.push(`-Dcatalina.home=${TOMCAT_HOME}`, `-Dcatalina.base=${base}`, `-Djava.io.tmpdir=${join(base, 'temp')}`);
    java.push(`-Xlog:gc*:file=${this.gcLogOf(node)}:timemillis`);
    java.push('-cp', `${join(bin, 'bootstrap.jar')}:${join(bin, 'tomcat-juli.jar')}`);
    const enter = ['-t', String(holder.pid), '--net', 'java'];
    const child = spawn('nsenter', [...enter, ...java, 'org.apache.catalina.startup.Bootstrap', 'start'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    one.process = child;
    for (const stream of [child.stdout, child.stderr]) this.keepLog(stream, log);
    await this.ready(node, child);
    one.readyMs = nowMs();
  }

  private keepLog(stream: NodeJS.ReadableStream, log: LogLine[]): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}/.exec(line)?.[0];
        log.push({ atMs: stamp === undefined ? Number.NaN : new Date(stamp).getTime(), text: line });
      }
    });
  }

  private async ready(node: number, child: ChildProcess): Promise<void> {
    const untilMs = nowMs() + START_MS;
    while (nowMs() < untilMs) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      const answer = await fetch(`http://${addressOf(node)}:8080/app/state`).catch(() => null);
      if (answer?.status === 200) return void (await answer.text());
      await pause(20);
    }
    const last = this.nodes[node].log.slice(-5).map(({ text }) => text);
    throw new RunFailed(`node ${node + 1} does not answer: ${last.join(' | ')}`);
  }

  /** Starts all nodes, one after the other, and waits until they know each other. */
  async startAll(config: ClusterConfig, count = this.count): Promise<void> {
    for (let node = 0; node < count; node += 1) await this.start(node, config);
    await pause(1500);
  }

  /** Ends a node's process. @returns when the signal was sent [ms]. */
  async kill(node: number, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<number> {
    const one = this.nodes[node];
    const child = one.process;
    if (child === null) return nowMs();
    one.process = null;
    if (child.exitCode !== null || child.signalCode !== null) return nowMs();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const atMs = nowMs();
    child.kill(signal);
    await gone;
    return atMs;
  }

  /** A node's process stands still, or goes on. @returns when the signal was sent [ms]. */
  freeze(node: number, isFrozen: boolean): number {
    const atMs = nowMs();
    this.nodes[node].process?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
    return atMs;
  }

  /** The port of a node at the bridge goes down: nothing reaches it, nothing leaves it. @returns when [ms]. */
  cut(node: number, isCut: boolean): number {
    must('ip', 'link', 'set', `veth${node + 1}`, isCut ? 'down' : 'up');
    return nowMs();
  }

  async killAll(): Promise<void> {
    for (let node = 0; node < this.count; node += 1) await this.kill(node);
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.killAll();
    for (const { holder } of this.nodes) holder.kill('SIGKILL');
  }

  /** Process of a node that runs. */
  pidOf(node: number): number {
    return this.nodes[node].process?.pid ?? 0;
  }

  logOf(node: number): readonly LogLine[] {
    return this.nodes[node].log;
  }

  /** The garbage collection log of a node. */
  gcLogOf(node: number): string {
    return join(this.nodes[node].base, 'gc.log');
  }

  /** Processor time of a node's threads whose name begins like this, so far [ms]. */
  threadsMs(node: number, name: string): number {
    const tasks = `/proc/${this.nodes[node].process?.pid}/task`;
    const { threadNames } = this.nodes[node];
    let ns = 0;
    for (const task of readdirSync(tasks)) {
      try {
        if (!threadNames.has(task)) threadNames.set(task, readFileSync(join(tasks, task, 'comm'), 'utf8'));
        if (!threadNames.get(task)?.startsWith(name)) continue;
        ns += Number(readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ')[0]);
      } catch {
        // The thread has ended meanwhile.
      }
    }
    return ns / 1e6;
  }

  /** From a node's start to its first answer [ms]. */
  startUpMs(node: number): number {
    return this.nodes[node].readyMs - this.nodes[node].startedMs;
  }

  /** Where a file of the measurement can be put. */
  file(name: string): string {
    const file = join(this.folder, name);
    if (existsSync(file)) throw new RunFailed(`${file} is there already`);
    return file;
  }
}
