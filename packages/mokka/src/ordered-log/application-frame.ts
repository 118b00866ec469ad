/** Where pushes share the application channel with `send`, the first byte of a frame tells them apart. */

const PUSHES = 0;
const USER = 1;

export function isPushFrame(frame: Uint8Array): boolean {
  return frame[0] === PUSHES;
}

export function pushFrame(chunk: Uint8Array): Uint8Array {
  return withTag(PUSHES, chunk);
}

/** The chunk of a push frame. */
export function pushFrameBody(frame: Uint8Array): Uint8Array {
  return frame.subarray(1);
}

export function userFrame(bytes: Uint8Array): Uint8Array {
  return withTag(USER, bytes);
}

/** What the user sent, or null for a frame of another kind. */
export function userFrameBody(frame: Uint8Array): Uint8Array | null {
  return frame[0] === USER ? frame.subarray(1) : null;
}

function withTag(tag: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.length + 1);
  frame[0] = tag;
  frame.set(body, 1);
  return frame;
}
