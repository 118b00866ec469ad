import type { MethodContext } from '@praline/rpc';
import { type MembershipChange, MembershipError, type MembershipErrorCode } from 'mokka';
import { describe, expect, it } from 'vitest';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { MainForRpc } from '../threads/thread-contracts.ts';
import { membershipMethods } from './membership-methods.ts';

const KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const OTHER = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const context = {} as MethodContext;

function propose(change: unknown, answer: (change: MembershipChange) => object, isEnabled = true) {
  const main = {
    proposeMembership: async (asked: MembershipChange) => answer(asked),
  } as unknown as RemoteThread<MainForRpc>;
  const method = membershipMethods({ main, isEnabled }).find(
    ({ name }) => name === 'mokka_proposeMembership',
  );
  return method?.invoke([change], context);
}

describe('mokka_proposeMembership', () => {
  it.each([
    [
      { action: 'add', publicKey: KEY, address: '10.0.0.4:3000' },
      { type: 'add', member: { id: KEY, host: '10.0.0.4', port: 3000 } },
    ],
    [
      { action: 'add', publicKey: KEY, address: '[fd00::4]:3000' },
      { type: 'add', member: { id: KEY, host: 'fd00::4', port: 3000 } },
    ],
    [
      { action: 'promote', publicKey: KEY },
      { type: 'promote', id: KEY },
    ],
    [
      { action: 'demote', publicKey: KEY },
      { type: 'demote', id: KEY },
    ],
    [
      { action: 'remove', publicKey: KEY },
      { type: 'remove', id: KEY },
    ],
    [
      { action: 'replace', publicKey: KEY, by: OTHER },
      { type: 'replace', id: KEY, by: OTHER },
    ],
  ])('passes %j on', async (change, expected) => {
    expect(await propose(change, (asked) => asked)).toEqual(expected);
  });

  it.each([
    ['no object', 'add'],
    ['an unknown action', { action: 'seat', publicKey: KEY }],
    ['no key', { action: 'remove' }],
    ['a short key', { action: 'remove', publicKey: 'ab' }],
    ['no address', { action: 'add', publicKey: KEY }],
    ['an address without a port', { action: 'add', publicKey: KEY, address: 'host' }],
    ['a port that is none', { action: 'add', publicKey: KEY, address: 'host:70000' }],
    ['a field too many', { action: 'promote', publicKey: KEY, address: 'host:1' }],
    ['a key of small order', { action: 'add', publicKey: '00'.repeat(32), address: 'host:1' }],
  ])('refuses %s as a wrong parameter', async (_, change) => {
    await expect(
      propose(change, () => {
        throw new Error('it was passed on');
      }),
    ).rejects.toMatchObject({ code: -32602 });
  });

  it('is refused where orders are not taken', async () => {
    const change = { action: 'remove', publicKey: KEY };
    await expect(propose(change, (asked) => asked, false)).rejects.toMatchObject({
      code: 'admin-only',
    });
  });

  it.each<[MembershipErrorCode | 'stopped', number]>([
    ['invalid-change', -32602],
    ['change-under-way', -32000],
    ['superseded', -32000],
    ['not-ready', -32002],
    ['not-approved', -32002],
    ['timed-out', -32002],
    ['stopped', -32002],
  ])('tells of %s with the code %i, the reason and what to do', async (reason, code) => {
    const failing = propose({ action: 'remove', publicKey: KEY }, () => {
      throw new MembershipError(reason, 'it failed');
    });
    await expect(failing).rejects.toMatchObject({
      code,
      data: { reason },
      message: expect.stringMatching(/^it failed: \w+/),
    });
  });
});
