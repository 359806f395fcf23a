import { availableParallelism } from 'node:os';
import { toggle } from './arguments.ts';
import { assignments, number, numbers, path, paths, words, wordsOrAll } from './flag-kinds.ts';
import { balancerNames, strategyNames } from './vocabulary.ts';

/** Flags that every experiment understands. */
export const commonFlags = {
  scenario: path('FILE', 'scenario file, YAML or JSON (experiments/scenarios/ has examples)'),
  nodes: numbers('LIST', { min: 1, max: 1024, whole: true }, 'cluster sizes, for example 2,4,8'),
  load: numbers('LIST', { min: 0.001, max: 1e7 }, 'offered loads in requests per second, for example 200,1000'),
  strategies: wordsOrAll('LIST', strategyNames(), `replication strategies out of ${strategyNames().join(', ')}`),
  balancers: words('LIST', balancerNames(), `load balancers out of ${balancerNames().join(', ')}`),
  replications: number('N', { min: 1, max: 100000, whole: true }, 'independent replications of every point'),
  seed: number('N', { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }, 'master seed'),
  duration: number('SECONDS', { min: 0.001, max: 1e6 }, 'measurement window'),
  'warm-up': number('SECONDS', { min: 0, max: 1e6 }, 'time before the window, left out of every count'),
  set: assignments('overrides any key of the scenario, for example channel.sendOptions=6'),
  'server-xml': paths('FILE', 'server.xml of a Tomcat: its cluster, connector and engine are used'),
  'nginx-conf': paths('FILE', 'nginx.conf: the servers and the method of its upstream are used'),
  config: paths(
    'FILE',
    'any configuration file of the cluster: server.xml, context.xml, web.xml, nginx or httpd conf, workers.properties, application.properties or .yml, redisson.yaml, access log',
  ),
  'with-faults-of': paths(
    'FILE',
    'any configuration file: only the mistakes that lint.ts finds in it are taken over, and simulated',
  ),
  out: path('DIR', 'folder for the results'),
  jobs: number(
    'N',
    { min: 1, max: 256, whole: true },
    `worker threads (default: one per core, ${availableParallelism()} here)`,
  ),
  resume: toggle('continue an interrupted sweep in the same folder'),
  json: toggle('print the results as JSON'),
  quiet: toggle('print no progress and no log'),
};

/** Worker threads when nothing is said. */
export const defaultJobs = availableParallelism;
