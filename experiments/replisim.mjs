#!/usr/bin/env node
// The `replisim` command. Node 20 does not read TypeScript by itself: tsx is registered first. The settings of a
// tsconfig.json in the folder where somebody stands are none of ours.
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
const { runReplisim } = await import('./replisim.ts');
await runReplisim();
