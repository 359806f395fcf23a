import type { MeasuredFile } from '../validation/check.ts';
import { round } from '../validation/check.ts';
import { cpuEquations, cpuParameters } from './cpu-equations.ts';
import { fitSums } from './least-squares.ts';
import { stageLags } from './stage-lags.ts';
import { wireLags } from './wire-lags.ts';

/** How well a parameter is determined. */
export interface Determined {
  readonly value: number;
  readonly standardError: number | null;
  readonly rows: number;
  readonly from: string;
}

/** A calibration profile: what `calibration:` of a scenario may name. */
export interface Profile {
  readonly name: string;
  readonly source: string;
  /** Keys of `calibration` in a scenario. */
  readonly calibration: Readonly<Record<string, number | readonly (readonly [number, number])[]>>;
  /** What is not told apart by the rows, and is part of another key. */
  readonly notDetermined: readonly string[];
  readonly determined: Readonly<Record<string, Determined>>;
  /** Typical relative error of a row of processor times. */
  readonly cpuResidual: number | null;
}

/**
 * Makes a profile from measured processor times and lags; without files of one kind its keys stay out.
 * @throws InputError - files with other columns.
 */
export function makeProfile(
  name: string,
  cpu: readonly MeasuredFile[],
  lag: readonly MeasuredFile[],
  stages?: MeasuredFile,
): Profile {
  const calibration: Record<string, number | [number, number][]> = {};
  const determined: Record<string, Determined> = {};
  const notDetermined: string[] = [];
  let cpuResidual: number | null = null;
  if (cpu.length > 0) {
    const fit = fitSums(cpuEquations(cpu), cpuParameters);
    cpuResidual = Number.isFinite(fit.residual) ? round(fit.residual) : null;
    for (const parameter of cpuParameters) {
      const estimate = fit.estimates.get(parameter);
      if (!estimate) {
        notDetermined.push(parameter);
        continue;
      }
      const { standardError, equations } = estimate;
      calibration[parameter] = round(estimate.value);
      determined[parameter] = {
        value: round(estimate.value),
        standardError: Number.isFinite(standardError) ? round(standardError) : null,
        rows: equations,
        from: 'processor times',
      };
    }
    // No row has the serialisation of a message apart from what its request does after it.
    calibration.messageSendUs = 0;
    notDetermined.push('messageSendUs');
  }
  if (lag.length > 0) {
    const lags = wireLags(lag, determined.ackReceiveUs?.value ?? 0);
    calibration.dispatchLagUs = lags.dispatchLagUs;
    calibration.messageWriteUs = lags.messageWriteUs;
    // No key of a scenario takes the last two: load comes without the times of a connector.
    for (const [key, value] of [
      ['dispatchLagUs, median', lags.dispatchLagUs.find(([share]) => share === 0.5)![1]],
      ['messageWriteUs', lags.messageWriteUs],
      ['end of the servlet to response', lags.responseUs],
      ['request to response', lags.serviceUs],
    ] as const) {
      if (Number.isNaN(value)) continue;
      determined[key] = { value, standardError: null, rows: lags.trials, from: 'lags on the wire' };
    }
    if (stages) {
      const receiveUs = ['messageReceiveUs', 'messageReceiveWakeUs'].reduce(
        (sum, parameter) => sum + (determined[parameter]?.value ?? 0),
        0,
      );
      const { clientUs, trials, ...keys } = stageLags(stages, { receiveUs, gapMs: lags.gapMs, tail: lags.tail });
      Object.assign(calibration, keys);
      for (const [key, value] of [
        ['receiveLagUs, median', keys.receiveLagUs.find(([share]) => share === 0.5)![1]],
        ['lagPerIdleDecade', keys.lagPerIdleDecade],
        ['client, response to next request', clientUs],
      ] as const) {
        if (!Number.isNaN(value)) determined[key] = { value, standardError: null, rows: trials, from: 'stages' };
      }
    } else notDetermined.push('receiveLagUsMean');
  }
  const source = [...cpu, ...lag, ...(stages ? [stages] : [])].map((file) => file.name).join(', ');
  return { name, source, calibration, notDetermined, determined, cpuResidual };
}

/** A profile as a file. */
export function profileText(profile: Profile): string {
  return `${JSON.stringify(profile, null, 2)}\n`;
}
