#!/usr/bin/env node
// The `praline` command. It is a file of its own because an install links commands before anything is built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('praline: it is not built: run "npm run build" in the clone first\n');
  process.exitCode = 1;
}
