import { capacity } from './capacity.ts';
import { crashWindows } from './crash-windows.ts';
import { crashes } from './crashes.ts';
import { creationRaces } from './creation-races.ts';
import { failureDetection } from './failure-detection.ts';
import { garbage } from './garbage.ts';
import { heartbeats } from './heartbeats.ts';
import { idleMinutes } from './idle-minute.ts';
import { joins } from './joins.ts';
import type { Measurement } from './measurement.ts';
import { hangs, heals } from './outages.ts';
import { receivers } from './receivers.ts';
import { staleness } from './staleness-gaps.ts';
import { traffic } from './traffic-cells.ts';

/** Everything that can be measured, in the order in which it is. */
export const measurements: readonly Measurement[] = [
  heartbeats,
  traffic,
  idleMinutes,
  failureDetection,
  hangs,
  heals,
  crashes,
  crashWindows,
  staleness,
  creationRaces,
  joins,
  garbage,
  capacity,
  receivers,
];
