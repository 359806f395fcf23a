import { capacity } from './capacity.ts';
import type { Validator } from './check.ts';
import { cpu } from './cpu.ts';
import { crash } from './crash.ts';
import { crashWindow } from './crash-window.ts';
import { creationRace } from './creation-race.ts';
import { failureDetection } from './failure-detection.ts';
import { hang } from './hang.ts';
import { heal } from './heal.ts';
import { heartbeat, idleTraffic } from './heartbeat.ts';
import { join } from './join.ts';
import { lagWire } from './lag-wire.ts';
import { latencyLoad } from './latency-load.ts';
import { mechanism } from './mechanism.ts';
import { msmFailures } from './msm-failures.ts';
import { msmNonsticky } from './msm-nonsticky.ts';
import { msmOperations } from './msm-operations.ts';
import { overload } from './overload.ts';
import { overloadDrain } from './overload-drain.ts';
import { staleness } from './staleness.ts';
import { traffic } from './traffic.ts';

/** Every check; a file is checked by the validator with the longest prefix of its name. */
export const validators: readonly Validator[] = [
  heartbeat,
  failureDetection,
  traffic,
  idleTraffic,
  staleness,
  creationRace,
  crash,
  crashWindow,
  hang,
  heal,
  cpu,
  capacity,
  latencyLoad,
  lagWire,
  mechanism,
  overload,
  overloadDrain,
  join,
  msmOperations,
  msmNonsticky,
  msmFailures,
];

/** The validator of a file, undefined where nothing checks it. */
export function validatorOf(file: string): Validator | undefined {
  let best: Validator | undefined;
  for (const validator of validators) {
    if (file.startsWith(validator.prefix) && validator.prefix.length > (best?.prefix.length ?? -1)) best = validator;
  }
  return best;
}
