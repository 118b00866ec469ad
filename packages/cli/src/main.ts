#!/usr/bin/env node
/** Entry of the `praline` command. */
import { processConsole } from './output/console.ts';
import { runProgram } from './program.ts';

// A reader that goes away (`praline status | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exitCode = error.code === 'EPIPE' ? 0 : 1;
});

const exitCode = await runProgram(process.argv.slice(2), processConsole);
process.exitCode = process.exitCode ?? exitCode;
