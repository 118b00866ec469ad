/** Requests to sign come from other nodes, of which some may lie. */
import { describe, expect, it } from 'vitest';
import { decodeCallRequest } from './call-request-codec.ts';

const MAX_MESSAGE_LENGTH = 2_000;
const MANY = 100_000;

describe('a request that is none', () => {
  it.each<[string, object]>([
    ['a list of wrong items', { accessList: new Array(4_000).fill({}) }],
    ['a list of numbers', { accessList: new Array(4_000).fill(0) }],
    ['too long a list', { accessList: new Array(MANY).fill(0) }],
    [
      'wrong storage keys',
      {
        accessList: [{ address: `0x${'ab'.repeat(20)}`, storageKeys: new Array(4_000).fill('0x') }],
      },
    ],
    ['wrong authorizations', { authorizationList: new Array(4_000).fill({}) }],
    [
      'many fields',
      Object.fromEntries(Array.from({ length: MANY }, (_, at) => [`field${at}`, at])),
    ],
    [
      'an item with many fields',
      { accessList: [Object.fromEntries(Array.from({ length: MANY }, (_, at) => [`f${at}`, at]))] },
    ],
  ])('is refused in few words: %s', (_, request) => {
    let message = '';
    try {
      decodeCallRequest(JSON.stringify(request));
    } catch (error) {
      message = String(error);
    }
    expect(message).not.toBe('');
    expect(message.length).toBeLessThan(MAX_MESSAGE_LENGTH);
  });
});
