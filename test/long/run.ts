// The long proofs, one after the other, each in a process of its own. Arguments: names of those to run.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './processes.ts';

const proofs = ['coverage', 'closed-forms', 'unseen', 'efficiency', 'million-rows', 'distributed'];
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !proofs.includes(name));
if (unknown !== undefined) {
  console.error(`${unknown}: one of ${proofs.join(', ')} is expected`);
  process.exit(2);
}
let failed = 0;
for (const name of wanted.length > 0 ? wanted : proofs) {
  const startedAt = Date.now();
  console.log(`-- ${name}`);
  const argv = ['--import', 'tsx', join(root, 'test', 'long', `${name}.ts`)];
  const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed += 1;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}
process.exitCode = failed > 0 ? 1 : 0;
