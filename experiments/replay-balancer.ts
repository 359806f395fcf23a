// Which server does each request go to? Replays the keys of a CSV through the balancer of a configuration file.
import { parseArgs } from 'node:util';
import type { ConfiguredBalancer } from './import/balancer-from-config.ts';
import { balancerFromHttpd } from './import/balancer-from-httpd.ts';
import { balancerFromNginx } from './import/balancer-from-nginx.ts';
import { readHttpdConf } from './import/httpd-conf.ts';
import { readNginxConf } from './import/nginx-conf.ts';
import { InputError, oneLine } from './lib/input-error.ts';
import { readKeys, writeChoices } from './replay/key-rows.ts';
import { type ReplayedRow, replayRows } from './replay/replay-rows.ts';

const usage = `Which server does each request go to? Replays the keys of a CSV, in order, through one balancer.

tsx experiments/replay-balancer.ts --nginx-conf FILE --upstream NAME --keys FILE.csv [--json] [--seed N]
tsx experiments/replay-balancer.ts --httpd-conf FILE --balancer NAME --keys FILE.csv [--json]

  --nginx-conf FILE   nginx.conf, or any file with the upstream
  --upstream NAME     the upstream
  --httpd-conf FILE   httpd.conf, or any file with the balancer
  --balancer NAME     the balancer, with or without balancer://
  --keys FILE.csv     one request per row. nginx: column key = value of the hashed variable or the client address
                      (not needed by round robin); httpd: columns cookie and path_parameter = session id, may be empty.
                      With a column upstream (or balancer) only the rows of NAME are replayed. A column worker
                      (number or process id) tells the worker processes of an upstream without zone apart.
  --json              JSON instead of CSV
  --seed N            seed of the draws of "random two", default 1

Prints the rows again with a column chosen: host:port (nginx), the route or else the address of the member (httpd); empty
if no server can take the request. A column chosen of the input is kept as expected, and how many agree is said on stderr.

Examples:
  tsx experiments/replay-balancer.ts --nginx-conf nginx.conf --upstream tomcats --keys clients.csv
  tsx experiments/replay-balancer.ts --httpd-conf vhost.conf --balancer mycluster --keys sessions.csv --json
`;

interface Flags {
  readonly keys: string;
  readonly conf: string;
  readonly name: string;
  readonly isNginx: boolean;
  readonly isJson: boolean;
  readonly seed: number;
}

const flagTypes = {
  'nginx-conf': { type: 'string' },
  upstream: { type: 'string' },
  'httpd-conf': { type: 'string' },
  balancer: { type: 'string' },
  keys: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** @returns undefined if only help is wanted. @throws InputError - a flag is unknown, missing or contradicts another. */
function readFlags(args: string[]): Flags | undefined {
  let values: ReturnType<typeof parseArgs<{ options: typeof flagTypes }>>['values'];
  try {
    ({ values } = parseArgs({ args, options: flagTypes }));
  } catch (error) {
    throw new InputError(`${(error as Error).message}; see --help`);
  }
  if (values.help) return undefined;
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
  if (!/^\d{1,15}$/.test(values.seed)) throw new InputError(`--seed ${values.seed}: a whole number is expected`);
  const conf = (isNginx ? values['nginx-conf'] : values['httpd-conf'])!;
  return { keys: values.keys, conf, name, isNginx, isJson: values.json, seed: Number(values.seed) };
}

function configured({ isNginx, conf, name }: Flags): ConfiguredBalancer {
  return isNginx
    ? balancerFromNginx(readNginxConf(conf), name, conf)
    : balancerFromHttpd(readHttpdConf(conf), name, conf);
}

function report(rows: readonly ReplayedRow[], flags: Flags): void {
  const unserved = rows.filter(({ chosen }) => chosen === '').length;
  const compared = rows.filter(({ row }) => row.expected !== undefined);
  const agreed = compared.filter(({ row, chosen }) => row.expected === chosen).length;
  let text = `${rows.length} rows replayed through ${flags.name} of ${flags.conf}`;
  if (compared.length > 0) text += `; ${agreed} of ${compared.length} agree with the given choice`;
  if (unserved > 0) text += `; ${unserved} found no server`;
  process.stderr.write(`${oneLine(text)}\n`);
}

function main(args: string[]): void {
  const flags = readFlags(args);
  if (flags === undefined) {
    process.stdout.write(usage);
    return;
  }
  const balancer = configured(flags);
  const keys = readKeys(flags.keys, flags.isNginx ? 'upstream' : 'balancer', flags.name);
  const rows = replayRows(keys, balancer, flags.seed);
  process.stdout.write(writeChoices(rows, keys.columns, flags.isJson));
  report(rows, flags);
}

// A reader that has seen enough (head) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
