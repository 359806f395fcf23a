import { capacityTable, searchesTable, uslTable } from '../capacity/capacity-tables.ts';
import { anomaliesTable } from '../consistency/anomalies.ts';
import { failoverTable, failoverTimelineTable } from '../failover/failover-tables.ts';
import { detectionTable, heartbeatTable } from '../heartbeat/heartbeat-tables.ts';
import { sensitivityTable } from '../sensitivity/tornado.ts';
import { type Column, derivedMetrics, type Table, tables } from './columns.ts';

function row({ name, type, unit, description, emptyWhen }: Column): string {
  return `| \`${name}\` | ${type} | ${unit ?? ''} | ${description} | ${emptyWhen ?? 'never'} |`;
}

function section({ file, description, columns, key }: Table): string {
  return [
    `## ${file}`,
    '',
    `${description} Rows are told apart, and sorted, by ${key.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    '| column | type | unit | meaning | empty when |',
    '|---|---|---|---|---|',
    ...columns.map(row),
    '',
  ].join('\n');
}

const intro = `# Results: the data dictionary

This page is written by \`npx tsx experiments/schema.ts\` from \`experiments/lib/columns.ts\`; a test checks that it is current.

Every experiment writes a folder with the tables below (those of single experiments stand at the end) and

- \`datapackage.json\`: type, unit and description of every field (Frictionless), size and sha256 of every table,
- \`manifest.json\`: how the files came to be: version, commit, sources, Node, scenario, grid, seed, sha256 of
  every file. Times and host stand here and nowhere else. It is written last: a folder with a manifest is complete,
- \`journal.jsonl\`: one line per finished run, in the order in which they ended; \`--resume\` continues from it. It may be deleted.
- with \`--parquet\`, each table as Parquet too, with the same types, and the units in the metadata of the file.

\`reference/\` holds a small sweep for examples, the notebook and tests; \`npx tsx experiments/reference.ts\` writes it again.

The tables are UTF-8 without a byte order mark, one header row, one observation per row, comma and CRLF as in RFC 4180, a point as
decimal mark, no thousands separators, the unit in the name of the column. Numbers have the shortest form that reads back as the same number. An empty
cell means not applicable; there is no NaN. Text cells consist of letters, digits, \`.\`, \`_\` and \`-\`, so nothing is ever quoted.
pandas, R and DuckDB read them without arguments:

\`\`\`
pandas.read_csv("throughput.csv")        read.csv("throughput.csv")        SELECT * FROM 'throughput.csv'
\`\`\`

They are byte-identical for the same scenario, seed and version, whatever the number of workers or machines, the order of the flags,
or how often the sweep was interrupted and resumed; only a time or memory budget that a run goes over depends on the machine. New
columns go to the end. Where an experiment varies a setting besides strategy, balancer, nodes and load, the tables that all
experiments have carry it as \`case\` after the coordinates.
`;

/** Tables of single experiments. */
const ownTables: readonly (readonly [string, readonly Table[]])[] = [
  ['capacity-search', [capacityTable, searchesTable, uslTable]],
  ['consistency-sweep', [anomaliesTable]],
  ['failover', [failoverTable, failoverTimelineTable]],
  ['heartbeat-sweep', [detectionTable, heartbeatTable]],
  ['sensitivity', [sensitivityTable]],
];

/** Content of `results/README.md`. */
export function resultsReadme(): string {
  const derived = [
    '### Metrics of summary.csv that are no column of another table',
    '',
    '| metric | type | unit | meaning | empty when |',
    '|---|---|---|---|---|',
    ...derivedMetrics.map(row),
    '',
  ].join('\n');
  const own = ownTables.flatMap(([name, list]) => [`# Tables of ${name}.ts\n`, ...list.map(section)]);
  return [intro, ...Object.values(tables).map(section), derived, ...own].join('\n');
}
