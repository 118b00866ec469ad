/** Why a server can not listen on a Unix domain socket. */
export type IpcErrorCode =
  /** Somebody listens there. */
  | 'taken'
  /** A file that is no socket, which is not touched. */
  | 'not-a-socket'
  /** Longer than systems allow for sockets. */
  | 'too-long'
  /** The folder is missing or may not be written. */
  | 'unusable';

export class IpcError extends Error {
  override readonly name = 'IpcError';
  readonly code: IpcErrorCode;
  readonly path: string;

  constructor(code: IpcErrorCode, path: string, cause?: unknown) {
    super(messageOf(code, path, cause), { cause });
    this.code = code;
    this.path = path;
  }
}

function messageOf(code: IpcErrorCode, path: string, cause: unknown): string {
  switch (code) {
    case 'taken':
      return `Another process listens on the IPC socket ${path}. Stop it, or choose another path.`;
    case 'not-a-socket':
      return `${path} is there and is no socket, so it is left alone. Choose another path for the IPC socket.`;
    case 'too-long':
      return `The path of the IPC socket is too long for a socket: ${path}. Choose one of at most 90 bytes.`;
    case 'unusable': {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return `Can not make the IPC socket ${path}: ${reason}.`;
    }
  }
}
