/** A process of its own for the lock tests: takes the lock of a folder, says so, and holds it until it is killed. */
import { writeSync } from 'node:fs';
import { FolderLock } from './folder-lock.ts';

const [folder = ''] = process.argv.slice(2);
await FolderLock.acquire(folder);
writeSync(1, 'held\n');
setInterval(() => undefined, 60_000);
