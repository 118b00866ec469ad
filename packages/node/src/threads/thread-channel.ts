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
  return {
    remote: remote as unknown as RemoteThread<Remote>,
    close() {
      remote.$close(new Error('The node is shutting down'));
      port.close();
    },
  };
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
