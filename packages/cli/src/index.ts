/** The `praline` command as a library: `runProgram` is what the executable runs. */
export { EXIT_CODES, type ExitCode } from './exit-code.ts';
export type { Console } from './output/console.ts';
export { runProgram } from './program.ts';
export type { NetworkEvent, RunningNode } from './supervisor/network-event.ts';
