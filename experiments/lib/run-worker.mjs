// A worker thread reads TypeScript once this is done, then the task is imported.
import './read-typescript.mjs';

const { runTask } = await import('./run-task.ts');

export default runTask;
