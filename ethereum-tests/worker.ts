/** A process of the pool: runs one file after the other. */
import { type RunFileRequest, runFile } from './run-file.ts';

process.on('message', async ({ file, selection }: RunFileRequest) => {
  process.send?.(await runFile(file, selection));
});
