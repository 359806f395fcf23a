// Which server does each request go to? Replays the keys of a CSV through the balancer of a configuration file.
import type { ConfiguredBalancer } from './import/balancer-from-config.ts';
import { balancerFromHttpd } from './import/balancer-from-httpd.ts';
import { balancerFromNginx } from './import/balancer-from-nginx.ts';
import { readHttpdConf } from './import/httpd-conf.ts';
import { readNginxConf } from './import/nginx-conf.ts';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { number, path } from './lib/flag-kinds.ts';
import { InputError, oneLine } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { readKeys, writeChoices } from './replay/key-rows.ts';
import { type ReplayedRow, replayRows } from './replay/replay-rows.ts';

const command = defineCommand({
  name: 'tsx experiments/replay-balancer.ts',
  question:
    'Which server does each request go to? Replays the keys of a CSV, in order, through one balancer. Prints the rows again with a column chosen: host:port (nginx), the route or else the address of the member (httpd); empty if no server can take the request. A column chosen of the input is kept as expected, and how many agree is said on standard error.',
  flags: {
    'nginx-conf': path('FILE', 'nginx.conf, or any file with the upstream'),
    upstream: path('NAME', 'the upstream'),
    'httpd-conf': path('FILE', 'httpd.conf, or any file with the balancer'),
    balancer: path('NAME', 'the balancer, with or without balancer://'),
    keys: path(
      'FILE.csv',
      'one request per row. nginx: column key = value of the hashed variable or the client address (not needed by round robin); httpd: columns cookie and path_parameter = session id, may be empty. With a column upstream (or balancer) only the rows of NAME are replayed. A column worker (number or process id) tells the worker processes of an upstream without zone apart',
    ),
    json: toggle('JSON instead of CSV'),
    seed: number(
      'N',
      { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
      'seed of the draws of "random two" (default 1)',
    ),
  },
  examples: [
    ['an upstream of nginx', '--nginx-conf nginx.conf --upstream tomcats --keys clients.csv'],
    ['a balancer of httpd, for a program', '--httpd-conf vhost.conf --balancer mycluster --keys sessions.csv --json'],
  ],
});

interface Flags {
  readonly keys: string;
  readonly conf: string;
  readonly name: string;
  readonly isNginx: boolean;
  readonly isJson: boolean;
  readonly seed: number;
}

/** @throws InputError - a flag is unknown, missing or contradicts another. @returns undefined if only help is wanted. */
function readFlags(argv: readonly string[]): Flags | undefined {
  const values = parseArguments(command, argv);
  if (values === undefined) return undefined;
  const isNginx = values['nginx-conf'] !== undefined;
  if (isNginx === (values['httpd-conf'] !== undefined)) {
    throw new InputError('one of --nginx-conf FILE and --httpd-conf FILE is needed; see --help');
  }
  const misplaced = isNginx ? values.balancer : values.upstream;
  const name = isNginx ? values.upstream : values.balancer;
  if (name === undefined || misplaced !== undefined) {
    throw new InputError(
      `--${isNginx ? 'nginx-conf needs --upstream' : 'httpd-conf needs --balancer'} NAME; see --help`,
    );
  }
  if (values.keys === undefined) throw new InputError('--keys FILE.csv is needed; see --help');
  const conf = (isNginx ? values['nginx-conf'] : values['httpd-conf'])!;
  return { keys: values.keys, conf, name, isNginx, isJson: values.json ?? false, seed: values.seed ?? 1 };
}

function configured({ isNginx, conf, name }: Flags): ConfiguredBalancer {
  return isNginx
    ? balancerFromNginx(readNginxConf(conf), name, conf)
    : balancerFromHttpd(readHttpdConf(conf), name, conf);
}

function accountOf(rows: readonly ReplayedRow[], flags: Flags): string {
  const unserved = rows.filter(({ chosen }) => chosen === '').length;
  const compared = rows.filter(({ row }) => row.expected !== undefined);
  const agreed = compared.filter(({ row, chosen }) => row.expected === chosen).length;
  let text = `${rows.length} rows replayed through ${flags.name} of ${flags.conf}`;
  if (compared.length > 0) text += `; ${agreed} of ${compared.length} agree with the given choice`;
  if (unserved > 0) text += `; ${unserved} found no server`;
  return `${oneLine(text)}\n`;
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const flags = readFlags(argv);
    if (flags === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const balancer = configured(flags);
    const keys = readKeys(flags.keys, flags.isNginx ? 'upstream' : 'balancer', flags.name);
    const rows = replayRows(keys, balancer, flags.seed);
    io.out(writeChoices(rows, keys.columns, flags.isJson));
    io.err(accountOf(rows, flags));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
