import type { MethodContext } from '@praline/rpc';
import { describe, expect, it } from 'vitest';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { MainForRpc } from '../threads/thread-contracts.ts';
import { adminMethods } from './admin-methods.ts';

const asked: unknown[] = [];
const main = {
  transferLeadership: async (to: unknown) => {
    asked.push(to);
    return { leader: 'ab', term: 2 };
  },
} as unknown as RemoteThread<MainForRpc>;
const context = {} as MethodContext;

describe('methods that change the network', () => {
  it.each(adminMethods({ main, isEnabled: false }))(
    '$name is refused unless allowed',
    async (method) => {
      await expect(method.invoke([], context)).rejects.toMatchObject({
        code: 'admin-only',
        message: expect.stringContaining('--admin'),
      });
      expect(asked).toEqual([]);
    },
  );

  it('pass what they were given on, where allowed', async () => {
    const [transfer] = adminMethods({ main, isEnabled: true });
    await transfer?.invoke(['12'.repeat(32)], context);
    await transfer?.invoke([null], context);
    expect(asked).toEqual(['12'.repeat(32), null]);
  });
});
