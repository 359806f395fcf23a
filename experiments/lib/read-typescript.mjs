// Node 20 does not read TypeScript by itself: whoever imports this can import .ts files from then on. They are read with
// the settings of this project; those of a tsconfig.json in the folder where somebody stands are none of ours.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register({ tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)) });
