// Runs every *.test.ts below test/ with uvu, one process per file and two at a time, and refuses the silent passes
// of uvu: no file found, a file that never calls `.run()`, a file in which no test ran.
// Ends with one line: `N passed, N failed, N skipped`. Arguments: substrings of the files to run.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
/** A file that takes longer is stopped: a test must not hang. */
const FILE_LIMIT_MS = 240_000;
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort();

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

function count(output: string, label: string): number {
  return Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
}

function runFile(name: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const started = Date.now();
    const options = { cwd: join(root, '..'), timeout: FILE_LIMIT_MS, killSignal: 'SIGKILL' as const };
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, name)], options);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.on('close', (code) => {
      const total = count(output, 'Total');
      const passed = count(output, 'Passed');
      const skipped = count(output, 'Skipped');
      let failed = total - passed;
      if (total === 0 || (code !== 0 && failed === 0)) failed += 1;
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(
        `${failed === 0 ? 'ok  ' : 'FAIL'} ${relative('.', join('test', name))} ${passed} passed in ${seconds} s`,
      );
      if (failed > 0) console.log(total === 0 ? `${output}\nno test ran: is .run() missing?` : output);
      resolve({ passed, failed, skipped });
    });
  });
}

const sum: Outcome = { passed: 0, failed: 0, skipped: 0 };
const queue = [...files];
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const outcome = await runFile(name);
      sum.passed += outcome.passed;
      sum.failed += outcome.failed;
      sum.skipped += outcome.skipped;
    }
  }),
);
if (files.length === 0) {
  console.log(`no test file found${wanted.length > 0 ? ` for ${wanted.join(' ')}` : ''}`);
  sum.failed += 1;
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
