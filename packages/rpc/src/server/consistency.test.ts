import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

const call = (method: string, id = 1) => ({ jsonrpc: '2.0', id, method, params: [] });

describe('the header praline-consistency', () => {
  const number = call('eth_blockNumber');
  const post = (body: unknown, consistency: string) =>
    running.post(JSON.stringify(body), { 'praline-consistency': consistency });

  test('has the node confirm once a message that it is current, before anything is read', async () => {
    const { network } = running.backend;
    let confirm: () => void = () => undefined;
    const confirmations: Promise<void>[] = [];
    network.confirmCurrent = () => {
      const confirmation = new Promise<void>((resolve) => {
        confirm = resolve;
      });
      confirmations.push(confirmation);
      return confirmation;
    };
    const order: string[] = [];
    const answer = post([number, number], 'linearizable').then((it) => {
      order.push('answered');
      return it;
    });
    await expect.poll(() => confirmations.length).toBe(1);
    expect((await post(number, 'local')).text).toContain('0x0');
    order.push('confirmed');
    confirm();
    expect(JSON.parse((await answer).text)).toHaveLength(2);
    expect(order).toEqual(['confirmed', 'answered']);
    expect(confirmations).toHaveLength(1);
  });

  test('fails each request of the message when it can not be confirmed', async () => {
    running.backend.network.confirmCurrent = async () => {
      throw Object.assign(new Error('not confirmed'), { code: 'no-quorum' });
    };
    const { text } = await post([number, call('eth_chainId', 2)], 'linearizable');
    expect(JSON.parse(text)).toMatchObject([
      { id: 1, error: { code: -32002, message: 'not confirmed' } },
      { id: 2, error: { code: -32002 } },
    ]);
  });

  test('is refused with a value nobody knows', async () => {
    const { status, text } = await post(number, 'eventual');
    expect(status).toBe(400);
    expect(text).toContain('linearizable');
  });
});
