import { describe, expect, it } from 'vitest';
import type { RequestId } from './peer-message.ts';
import { SignedAnswers } from './signed-answers.ts';

const requestId = (number: number): RequestId => number.toString(16).padStart(32, '0') as RequestId;

describe('signed answers', () => {
  it('stay as they were first', () => {
    const answers = new SignedAnswers();
    answers.remember(requestId(1), Uint8Array.of(1));
    answers.remember(requestId(1), Uint8Array.of(2));
    expect(answers.get(requestId(1))).toEqual(Uint8Array.of(1));
  });

  it('are bounded in bytes, the oldest leaving first', () => {
    const answers = new SignedAnswers();
    const large = new Uint8Array(1024 * 1024);
    for (let number = 0; number < 40; number += 1) {
      answers.remember(requestId(number), large);
    }
    const kept = Array.from({ length: 40 }, (_, number) => answers.get(requestId(number)));
    expect(kept.map((answer) => answer !== undefined)).toEqual([
      ...Array.from({ length: 8 }, () => false),
      ...Array.from({ length: 32 }, () => true),
    ]);
  });

  it('are bounded in number', () => {
    const answers = new SignedAnswers();
    for (let number = 0; number <= 16_384; number += 1) {
      answers.remember(requestId(number), Uint8Array.of(1));
    }
    expect(answers.get(requestId(0))).toBeUndefined();
    expect(answers.get(requestId(1))).toBeDefined();
  });

  it('keep no more of a message than the answer', () => {
    const answers = new SignedAnswers();
    answers.remember(requestId(1), new Uint8Array(100_000).subarray(10, 20));
    expect(answers.get(requestId(1))?.buffer.byteLength).toBe(10);
  });
});
