/**
 * Typed calls between two threads over a MessagePort, with `birpc`.
 *
 * Both sides give the functions they serve; calls answer with a promise, events with nothing. Messages of one port
 * arrive in the order in which they were sent, which callers rely on (a block's event comes before the answer of a
 * call that waited for it).
 */
import type { MessagePort } from 'node:worker_threads';
import { type BirpcReturn, createBirpc } from 'birpc';
import { fromPlainError, type PlainError, toPlainError } from './thread-error.ts';

/** No bound on the time of a call: each caller that needs one sets its own, since only it knows what is too long. */
const NO_TIMEOUT = -1;

/** What one thread may call of another. `birpc` makes every call a promise. */
export type RemoteThread<Functions extends object> = BirpcReturn<Functions, object>;

export interface ThreadChannel<Remote extends object> {
  readonly remote: RemoteThread<Remote>;
  /** Rejects calls under way and lets the thread end. */
  close(): void;
}

/** The other thread has ended, or is not to be asked any more. */
export class ThreadClosedError extends Error {
  override readonly name = 'ThreadClosedError';
  readonly code = 'closed';

  constructor() {
    super('The node is shutting down');
  }
}

/** Serves `local` on `port` and calls what the other end serves. */
export function openThreadChannel<Remote extends object, Local extends object>(
  port: MessagePort,
  local: Local,
): ThreadChannel<Remote> {
  const remote = createBirpc<Remote, Local>(local, {
    bind: 'functions',
    timeout: NO_TIMEOUT,
    post: (message: unknown) => port.postMessage(message),
    on: (listener) => {
      port.on('message', listener);
    },
    serialize: packError,
    deserialize: unpackError,
  });
  let isClosed = false;
  return {
    remote: withoutLateEvents(remote as unknown as RemoteThread<Remote>, () => isClosed),
    close() {
      isClosed = true;
      remote.$close(new ThreadClosedError());
      port.close();
    },
  };
}

type RemoteFunction = ((...given: unknown[]) => Promise<unknown>) & {
  readonly asEvent: (...given: unknown[]) => Promise<void>;
};

/** Nobody waits for an event, so one that comes after the channel was closed must vanish instead of being rejected. */
function withoutLateEvents<Remote extends object>(
  remote: RemoteThread<Remote>,
  isClosed: () => boolean,
): RemoteThread<Remote> {
  return new Proxy(remote, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== 'function' || String(name).startsWith('$')) {
        return found;
      }
      const call = found as RemoteFunction;
      const answered = (...given: unknown[]) =>
        isClosed() ? Promise.reject(new ThreadClosedError()) : call(...given);
      return Object.assign(answered, {
        asEvent: async (...given: unknown[]) => {
          if (!isClosed()) {
            await call.asEvent(...given);
          }
        },
      });
    },
  });
}

/** `birpc`'s answer to a call that failed. */
interface FailedAnswer {
  readonly t: 's';
  readonly e: unknown;
}

function isFailedAnswer(message: unknown): message is FailedAnswer {
  return (
    typeof message === 'object' &&
    message !== null &&
    't' in message &&
    message.t === 's' &&
    'e' in message &&
    message.e !== undefined
  );
}

function packError(message: unknown): unknown {
  return isFailedAnswer(message) ? { ...message, e: toPlainError(message.e) } : message;
}

function unpackError(message: unknown): unknown {
  // Both ends are this module, so the field is a PlainError by construction.
  return isFailedAnswer(message)
    ? { ...message, e: fromPlainError(message.e as PlainError) }
    : message;
}
