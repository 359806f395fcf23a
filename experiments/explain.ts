// What do these configuration files make the cluster do?
import { parseScenario } from '../models/scenario/parse-scenario.ts';
import { explainReport, lackingOf } from './explain/explain-report.ts';
import { readClusterFiles, sortFiles } from './import/cluster-files.ts';
import { situationOf } from './import/situation.ts';
import { scenarioOf } from './import/to-scenario.ts';
import { InputError } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { parseFileCommand, sharedHelp } from './lint/command-line.ts';

const help = `${[
  'Usage: tsx experiments/explain.ts FILE... [--json] [--tomcat VERSION]',
  '',
  'What do these files make the cluster do: who sends what to whom, when a response waits, when a',
  'failure is noticed, what can be lost, what load it carries? Each sentence names its lines. With',
  '--json the scenario that would run is printed instead; replisim simulate --scenario takes it.',
  '',
  ...sharedHelp,
  '',
  'Examples',
  '  # what a pair of files does',
  '  cd experiments/scenarios && tsx ../explain.ts shop-server.xml shop-nginx.conf',
  '  # the scenario of it, to run or to change',
  '  tsx experiments/explain.ts experiments/scenarios/shop-server.xml --json > shop.json',
  '',
  'Exit codes: 0 done; 2 a file that cannot be read or simulated, or bad usage.',
].join('\n')}\n`;

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const command = parseFileCommand(argv);
    if (command === undefined) {
      io.out(help);
      return exitCodes.done;
    }
    const situation = situationOf(readClusterFiles(sortFiles(command.files)), command.tomcat);
    const imported = scenarioOf(situation);
    const lacking = lackingOf(imported);
    if (lacking && command.json)
      throw new InputError(
        `${lacking.file}:${lacking.line}: ${lacking.message}, so there is no scenario of it; replisim explain without --json tells the rest`,
      );
    const scenario = parseScenario(imported.scenario);
    if (command.json) io.out(`${JSON.stringify(scenario, null, 2)}\n`);
    else io.out(explainReport({ situation, scenario, used: imported.used }, imported, io.colours));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
