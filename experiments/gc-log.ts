// What does my JVM's garbage collection log say? Turns it into `node.jvm` of a scenario.
import { readFileSync } from 'node:fs';
import { Document, isCollection } from 'yaml';
import { measuredJvm } from './calibration/measured-jvm.ts';
import { allocationKBPerS, jvmOf, readGcLog } from './import/gc-log.ts';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { number, path } from './lib/flag-kinds.ts';
import { InputError, quoted } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';

const command = defineCommand({
  name: 'tsx experiments/gc-log.ts',
  question:
    'What does the garbage collector of my Tomcats do? Reads a log of the JVM (-Xlog:gc*:file=gc.log, OpenJDK 11 and later; ' +
    'Serial, Parallel or G1) and prints `node.jvm` of a scenario.',
  flags: {
    log: path('FILE', 'the log; take a stretch under load, not the start'),
    'requests-per-second': number('N', { min: 0.001, max: 1e7 }, 'that this node served meanwhile: gives requestKB'),
    measured: path('DIR', 'instead of a log: what measure-tomcat.ts --only gc has written'),
    json: toggle('JSON instead of YAML'),
  },
  examples: [
    ['eden, pauses and promotion', '--log gc.log'],
    ['what a request allocates as well', '--log gc.log --requests-per-second 420'],
    ['compilers as well', '--measured measured-here'],
  ],
});

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`--log ${quoted(file)}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** JSON, or YAML with tables on one line. */
function textOf(scenario: unknown, isJson: boolean): string {
  if (isJson) return `${JSON.stringify(scenario, null, 2)}\n`;
  const document = new Document(scenario);
  for (const key of ['youngMsQuantiles', 'compilerMs', 'compilerTaskMsQuantiles', 'discardedCompilerMsQuantiles']) {
    const table = document.getIn(['node', 'jvm', key], true);
    if (isCollection(table)) table.flow = true;
  }
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 });
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    if (values.measured !== undefined) {
      io.out(textOf({ node: { jvm: measuredJvm(values.measured, '--measured') } }, values.json === true));
      return exitCodes.done;
    }
    if (values.log === undefined) throw new InputError('--log or --measured: one of them is needed');
    const log = readGcLog(read(values.log), values.log);
    const kBPerS = allocationKBPerS(log);
    const perS = values['requests-per-second'];
    if (perS !== undefined && !Number.isFinite(kBPerS)) {
      throw new InputError('--requests-per-second: the log has fewer than two collections with a time');
    }
    const jvm = { ...jvmOf(log), ...(perS === undefined ? {} : { requestKB: Number((kBPerS / perS).toPrecision(4)) }) };
    const scenario = { node: { jvm } };
    io.out(textOf(scenario, values.json === true));
    const full = log.pauses.filter(({ isFull }) => isFull).length;
    const rate = Number.isFinite(kBPerS) ? `, ${(kBPerS / 1024).toFixed(1)} MB/s allocated` : '';
    io.err(`${log.pauses.length - full} young and ${full} full collections${rate}.\n`);
    if (perS === undefined) io.err('requestKB stays at its default: --requests-per-second tells it.\n');
    else
      io.err(
        'requestKB contains what replication messages took: set sendKB and receiveKB to 0, or measure them apart.\n',
      );
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
