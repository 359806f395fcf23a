// Thread that tells when the next requests are due: a timer of Node's is one of whole milliseconds, a futex is not.
import { parentPort, workerData } from 'node:worker_threads';

const { ratePerS, startMs, endMs } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = () => performance.timeOrigin + performance.now();
let dueMs = startMs;
for (;;) {
  dueMs += (-Math.log(1 - Math.random()) * 1000) / ratePerS;
  const waitMs = Math.min(dueMs, endMs) - now();
  if (waitMs > 0.02) Atomics.wait(never, 0, 0, waitMs);
  if (dueMs > endMs) break;
  parentPort.postMessage(dueMs);
}
parentPort.postMessage(endMs);
