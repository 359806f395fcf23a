// A process that runs one scenario after the other, for its parent. It reads TypeScript as the worker threads do.
import './read-typescript.mjs';

const { runTask } = await import('./run-task.ts');

process.on('message', (task) => {
  try {
    process.send({ value: runTask(task) });
  } catch (error) {
    process.send({ failed: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
