// Runs every *.test.ts below test/ with uvu and refuses the silent passes of uvu: no file found, a file that never calls
// `.run()`, a file in which no test ran. Neighbours in a folder share a process, which starts and compiles once for all of
// them; two processes run at a time. Ends with one line: `N passed, N failed, N skipped`. Arguments: substrings of the
// files to run.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FileResult, runInProcess } from './test-process.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
/** Folders whose files take longest: they come first, so that no process ends with a long one alone. */
const LONG = ['properties', 'validation', 'experiments'];
/** Files that share a process at most. */
const SHARING_MAX = 6;

const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort();

function groupsOf(names: readonly string[]): string[][] {
  const folders = new Map<string, string[]>();
  for (const name of names) folders.set(dirname(name), [...(folders.get(dirname(name)) ?? []), name]);
  const rank = (folder: string): number => (LONG.includes(folder) ? LONG.indexOf(folder) : LONG.length);
  return [...folders]
    .sort(([a], [b]) => rank(a) - rank(b))
    .flatMap(([, members]) =>
      Array.from({ length: Math.ceil(members.length / SHARING_MAX) }, (_, at) =>
        members.slice(at * SHARING_MAX, (at + 1) * SHARING_MAX),
      ),
    );
}

const sum = { passed: 0, failed: 0, skipped: 0 };

function tell({ name, output, seconds, total, passed, skipped, isBroken }: FileResult): void {
  let failed = total - passed;
  if (failed === 0 && (total === 0 || isBroken)) failed = 1;
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  const file = relative('.', join('test', name));
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${file} ${passed} passed in ${seconds.toFixed(1)} s`);
  if (failed > 0) console.log(total === 0 ? `${output}\nno test ran: is .run() missing?` : output);
}

const queue = groupsOf(files);
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      // A file that takes its process down is told; those behind it get another.
      for (let rest = group; rest.length > 0; ) rest = rest.slice(await runInProcess(rest, tell));
    }
  }),
);
if (files.length === 0) {
  console.log(`no test file found${wanted.length > 0 ? ` for ${wanted.join(' ')}` : ''}`);
  sum.failed += 1;
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
