// On Node 20 a worker thread cannot load a .ts file by itself: tsx is registered first, then the task is imported.
import { register } from 'tsx/esm/api';

register();
const { runTask } = await import('./run-task.ts');

export default runTask;
