import { describe, expect, it } from 'vitest';
import { FRAME_KIND } from './frame.ts';
import { DEFAULT_TLS_TRANSPORT_LIMITS } from './limits.ts';
import { CONTROL_QUEUE_MAX_FRAMES, SendQueue } from './send-queue.ts';

const LIMITS = {
  ...DEFAULT_TLS_TRANSPORT_LIMITS,
  consensusQueueMaxFrames: 3,
  consensusQueueMaxBytes: 100,
  applicationQueueMaxFrames: 5000,
  applicationQueueMaxBytes: 10_000,
  applicationWindowBytes: 50,
};

describe('SendQueue', () => {
  it('is bounded in frames and bytes per channel', () => {
    const queue = new SendQueue(LIMITS);
    expect(queue.push('consensus', bytes(60))).toBe(true);
    expect(queue.push('consensus', bytes(41))).toBe(false);
    expect(queue.push('consensus', bytes(40))).toBe(true);
    expect(queue.push('consensus', bytes(0))).toBe(true);
    expect(queue.push('consensus', bytes(0))).toBe(false);
    expect(queue.push('application', bytes(10_000))).toBe(true);
    expect(queue.push('application', bytes(1))).toBe(false);
    expect([queue.consensusBytes, queue.applicationBytes]).toEqual([100, 10_000]);
    queue.take();
    expect(queue.push('consensus', bytes(60))).toBe(true);
    for (let i = 0; i < CONTROL_QUEUE_MAX_FRAMES; i += 1) {
      expect(queue.pushControl(FRAME_KIND.pong, bytes(1))).toBe(true);
    }
    expect(queue.pushControl(FRAME_KIND.pong, bytes(1))).toBe(false);
  });

  it('gives the link frames first, then consensus, then application, each in order', () => {
    const queue = new SendQueue(LIMITS);
    queue.push('application', bytes(1));
    queue.push('application', bytes(2));
    queue.push('consensus', bytes(3));
    queue.push('consensus', bytes(4));
    queue.pushControl(FRAME_KIND.ping, bytes(5));
    const lengths = Array.from({ length: 6 }, () => queue.take()?.body.length);
    expect(lengths).toEqual([5, 3, 4, 1, 2, undefined]);
  });

  it('holds application frames back until the peer has received enough, and consensus never', () => {
    const queue = new SendQueue(LIMITS);
    for (let i = 0; i < 3; i += 1) queue.push('application', bytes(30));
    expect([queue.take(), queue.take(), queue.take()].map((frame) => frame?.body.length)).toEqual([
      30,
      30,
      undefined,
    ]);
    queue.push('consensus', bytes(7));
    expect(queue.take()?.body.length).toBe(7);
    expect(queue.received(61)).toBe(false);
    expect(queue.received(30)).toBe(true);
    expect(queue.take()?.body.length).toBe(30);
    expect(queue.take()).toBeUndefined();
  });

  it('keeps order over thousands of frames', () => {
    const queue = new SendQueue({ ...LIMITS, applicationWindowBytes: 1_000_000 });
    let taken = 0;
    for (let i = 0; i < 4000; i += 1) {
      queue.push('application', new Uint8Array([i & 255]));
      if (i % 3 === 0) continue;
      expect(queue.take()?.body[0]).toBe(taken & 255);
      taken += 1;
    }
    while (taken < 4000) {
      expect(queue.take()?.body[0]).toBe(taken & 255);
      taken += 1;
    }
    expect([queue.take(), queue.applicationBytes]).toEqual([undefined, 0]);
  });
});

function bytes(length: number): Uint8Array {
  return new Uint8Array(length);
}
