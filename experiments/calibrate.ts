// What does a message cost on this machine? Makes a calibration profile from measured processor times and lags.
import { basename } from 'node:path';
import { makeProfile, type Profile, profileText } from './calibration/profile.ts';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { path, paths } from './lib/flag-kinds.ts';
import { InputError, quoted } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { textTable } from './lib/text-table.ts';
import { readMeasuredFile } from './validation/read-measured.ts';

const command = defineCommand({
  name: 'tsx experiments/calibrate.ts',
  question:
    'What do requests and messages cost on this machine? Makes a calibration profile from measured processor times and lags.',
  flags: {
    cpu: paths('FILE', 'processor times: the columns of cpu.csv or of cpu-demand.csv'),
    lag: paths('FILE', 'lags on the wire: the columns of lag-wire-8-1000.csv'),
    stages: path('FILE', 'stages of a message, with --lag: the columns of lag-stages.csv'),
    name: path('NAME', 'name of the profile (default: that of the output file, or own-machine)'),
    out: path('FILE', 'where to write the profile (default: standard output shows it)'),
    json: toggle('print the profile as JSON'),
  },
  examples: [
    [
      'the profile that is shipped',
      '--name measured-2core --cpu cpu.csv --cpu cpu-demand.csv --lag lag-wire-6-1000.csv --lag lag-wire-8-1000.csv --stages lag-stages.csv',
    ],
    ['your own, for `calibration: mine.json` in a scenario', '--cpu cpu.csv --lag lag-wire-8-1000.csv --out mine.json'],
  ],
});

function certainty(value: number, standardError: number | null, from: string): string {
  if (standardError === null) return value === 0 && from === 'processor times' ? 'not told apart' : '';
  if (value === 0 || standardError > value) return 'hardly determined';
  return standardError > value / 3 ? 'roughly' : 'well';
}

/** The parameters, and how well each is determined. */
function profileReport(profile: Profile, colours: boolean): string {
  const heads = ['parameter', 'value', 'standard error', 'determined', 'rows', 'from'];
  const rows = Object.entries(profile.determined).map(([name, { value, standardError, rows: count, from }]) => [
    name,
    String(value),
    standardError === null ? '' : `${standardError}`,
    certainty(value, standardError, from),
    String(count),
    from,
  ]);
  const columns = heads.map((head, place) => ({
    head,
    align: place === 0 || place > 3 ? ('left' as const) : ('right' as const),
  }));
  const lines = [textTable(columns, rows, colours)];
  if (profile.cpuResidual !== null) {
    lines.push(
      `A row of processor times differs from its sum by ${(profile.cpuResidual * 100).toFixed(0)} % (standard deviation).\n`,
    );
  }
  if (profile.notDetermined.length > 0) {
    lines.push(`Not determined by these files: ${profile.notDetermined.join(', ')}.\n`);
  }
  return lines.join('\n');
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const cpu = (values.cpu ?? []).map((file) => readMeasuredFile(file, '--cpu'));
    const lag = (values.lag ?? []).map((file) => readMeasuredFile(file, '--lag'));
    const stages = values.stages ? readMeasuredFile(values.stages, '--stages') : undefined;
    if (stages && lag.length === 0) throw new InputError('--stages: --lag is needed beside it');
    if (cpu.length + lag.length === 0) throw new InputError('--cpu or --lag: at least one file is needed');
    const name = values.name ?? (values.out ? basename(values.out).replace(/\.json$/, '') : 'own-machine');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) {
      throw new InputError(`--name ${quoted(name)}: letters, digits, ".", "_" and "-", at most 80, are allowed`);
    }
    const profile = makeProfile(name, cpu, lag, stages);
    if (values.out) writeAtomically(values.out, [profileText(profile)]);
    io.out(values.json ? profileText(profile) : profileReport(profile, io.colours));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
