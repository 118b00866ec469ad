/** A process that runs batches it is sent over its channel, until the channel closes. */
import { coreBinding } from '../core-binding.ts';
import { type Run, runBatch } from './batch.ts';

process.on('message', (runs: readonly Run[]) => {
  runBatch(runs, coreBinding).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
