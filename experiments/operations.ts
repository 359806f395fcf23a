// Which operations does one request cost, by strategy, mode and kind of request? Single requests are simulated in a
// cluster without any other load, and what they cause is counted.
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { wordsOrAll } from './lib/flag-kinds.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { strategyNames } from './lib/vocabulary.ts';
import { modes, quietScenario } from './operations/modes.ts';
import { operationsReport } from './operations/operations-report.ts';
import { countOperations, requestKinds } from './operations/probe.ts';

const command = defineCommand({
  name: 'tsx experiments/operations.ts',
  question: 'Which operations does one request cost, by strategy, mode and kind of request?',
  flags: {
    strategy: wordsOrAll('LIST', strategyNames(), 'only these strategies'),
    json: toggle('print the table as JSON'),
  },
  examples: [
    ['the whole table', ''],
    ['two ways to use memcached', '--strategy memcached-sticky,memcached-nonsticky'],
  ],
});

/** One row of the table. */
export interface OperationRow {
  readonly strategy: string;
  readonly mode: string;
  readonly request: string;
  readonly operation: string;
  readonly per_request: number;
}

/** How often a server's health is asked depends on the time between requests, not on the requests. */
const BY_TIME = 'ping';

/** The table: one row per operation that a request costs; a request that costs nothing has one row without a name. */
export function operationRows(strategies: readonly string[]): OperationRow[] {
  const rows: OperationRow[] = [];
  for (const mode of modes) {
    if (!strategies.includes(mode.strategy)) continue;
    for (const request of requestKinds) {
      const key = { strategy: mode.strategy, mode: mode.mode, request };
      const { perRequest } = countOperations(quietScenario(mode), request);
      const counted = [...perRequest].filter(([name]) => name !== BY_TIME);
      if (counted.length === 0) rows.push({ ...key, operation: '', per_request: 0 });
      for (const [operation, per_request] of counted) rows.push({ ...key, operation, per_request });
    }
  }
  return rows;
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const rows = operationRows(values.strategy ?? strategyNames());
    if (values.json) {
      io.out(`${JSON.stringify(rows, null, 2)}\n`);
      return exitCodes.done;
    }
    io.out(operationsReport(rows, io.colours));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
