// Runs the test files that are named, one after the other, in this process; started by test/run.ts.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from 'uvu/run';
import { END_OF_FILE } from './test-process.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const queue: unknown[] = [];
Object.assign(globalThis, { UVU_QUEUE: queue });
for (const name of process.argv.slice(2)) {
  // What uvu has run stays in its queue.
  queue.length = 0;
  try {
    await run([{ name, file: join(root, name) }]);
  } catch (error) {
    console.error(error);
  }
  process.stdout.write(END_OF_FILE);
}
// Whether a test failed is in what was printed; from here on another code means that something broke.
process.exitCode = 0;
