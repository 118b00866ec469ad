/** What the process's exit code says. Documented in `docs/guides/running.md`. */
export const EXIT_CODES = {
  ok: 0,
  /** Something unexpected, or a node had to stop. */
  failure: 1,
  /** Wrong arguments. */
  usage: 2,
  /** Wrong configuration: cluster file, keys, genesis, ports, data folder. */
  configuration: 3,
  /** The node or network that was asked does not answer. */
  unreachable: 4,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** An error that is meant for the user: one line, and the exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
