#!/usr/bin/env node
// The `replisim` command.
import './lib/read-typescript.mjs';

const { runReplisim } = await import('./replisim.ts');
await runReplisim();
