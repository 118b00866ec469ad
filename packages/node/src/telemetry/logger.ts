/**
 * JSON logs: a fixed message plus fields, so that a log can be searched by message. Secrets are never fields; what a
 * peer or client sent is never logged at `info` or above, but for what contracts print in development mode.
 */
import pino from 'pino';
import { LogFile } from './log-file.ts';

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** The levels by who must act: `error` the operator now, `warn` the operator soon, `info` nobody, `debug` developers. */
export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** File to append to; standard error without one. */
  readonly path: string | null;
  /** Fields of every line, such as the node's number. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** A logger, and a way to get its last lines to the disk before the process ends. */
export interface ClosableLogger extends Logger {
  close(): void;
}

export function createLogger(options: LoggerOptions): ClosableLogger {
  const file = options.path === null ? null : new LogFile(options.path);
  const logger = pino(
    {
      level: options.level,
      base: options.fields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    file ?? pino.destination({ dest: 2, sync: true }),
  );
  return {
    error: (fields, message) => logger.error(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    info: (fields, message) => logger.info(fields, message),
    debug: (fields, message) => logger.debug(fields, message),
    close: () => file?.close(),
  };
}
