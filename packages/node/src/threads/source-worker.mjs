// Starts a TypeScript worker when the package runs from source (tests); built code never uses it.
// Node.js 20 does not apply `--import` to worker threads, so the loader is registered here.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.entry);
