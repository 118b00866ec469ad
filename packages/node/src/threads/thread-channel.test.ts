import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openThreadChannel, type ThreadChannel, ThreadClosedError } from './thread-channel.ts';

class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code = 'nonce-too-low';
  readonly fields = { expected: 7n };
}

const served = {
  async double(value: bigint): Promise<bigint> {
    return value * 2n;
  },
  async fail(): Promise<void> {
    throw new CodedError('nonce too low');
  },
  async never(): Promise<void> {
    await new Promise(() => {});
  },
  async echo(bytes: Uint8Array): Promise<Uint8Array> {
    return bytes;
  },
};

describe('thread channel', () => {
  let opened: ThreadChannel<object>[] = [];

  function connect(local: object = {}) {
    const { port1, port2 } = new MessageChannel();
    opened.push(openThreadChannel(port1, served));
    const caller = openThreadChannel<typeof served, object>(port2, local);
    opened.push(caller);
    return caller;
  }

  afterEach(() => {
    for (const channel of opened) {
      channel.close();
    }
    opened = [];
  });

  it('carries bigints and bytes both ways', async () => {
    const { remote } = connect();
    expect(await remote.double(1n << 200n)).toBe(1n << 201n);
    expect(await remote.echo(Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('keeps name, code and fields of a coded error', async () => {
    await expect(connect().remote.fail()).rejects.toMatchObject({
      name: 'CodedError',
      message: 'nonce too low',
      code: 'nonce-too-low',
      fields: { expected: 7n },
    });
  });

  it('rejects calls under way when it is closed', async () => {
    const channel = connect();
    const call = channel.remote.never();
    channel.close();
    await expect(call).rejects.toThrow(ThreadClosedError);
  });

  it('delivers in the order of sending', async () => {
    const { port1, port2 } = new MessageChannel();
    const seen: number[] = [];
    const receiver = openThreadChannel<object, object>(port1, {
      note: (value: number) => {
        seen.push(value);
      },
    });
    const sender = openThreadChannel<{ note(value: number): void }, object>(port2, {});
    opened.push(receiver, sender);
    for (let value = 0; value < 99; value += 1) {
      void sender.remote.note.asEvent(value);
    }
    await sender.remote.note(99);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, value) => value));
  });

  it('rejects calls under way and later ones when it is closed, and takes events silently', async () => {
    const { port1, port2 } = new MessageChannel();
    const channel = openThreadChannel<{ never(): void; note(): void }, object>(port1, {});
    const underWay = expect(channel.remote.never()).rejects.toThrow('shutting down');
    channel.close();
    await underWay;
    await channel.remote.note.asEvent();
    await expect(channel.remote.note()).rejects.toThrow(ThreadClosedError);
    port2.close();
  });
});
