/** What the server tells its operator. The shape of a `pino` logger, of which it needs two levels. */

export interface RpcLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export const silentLogger: RpcLogger = {
  warn() {},
  error() {},
};
