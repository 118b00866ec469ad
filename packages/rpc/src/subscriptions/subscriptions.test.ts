import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressOf, hashOf, legacyTransaction } from '../testing/plain-chain.test.support.ts';
import {
  type RunningServer,
  type SocketClient,
  startServer,
} from '../testing/running-server.test.support.ts';

let running: RunningServer;
let client: SocketClient;
beforeEach(async () => {
  running = await startServer({ limits: { subscriptionsPerConnectionMax: 3 } });
  client = await running.connect();
});
afterEach(() => running.close());

const mine = (...marks: number[]) => {
  const { backend } = running;
  const logs = marks.map((mark) => ({ address: addressOf(mark), topics: [hashOf(mark)] }));
  const event = backend.chain.append([], logs);
  backend.announce(event);
  return event;
};
const subscribe = async (...params: unknown[]) =>
  (await client.request('eth_subscribe', ...params)).result as string;
/** All that was sent before this has arrived. */
const settle = () => client.request('eth_chainId');

describe('newHeads', () => {
  test('delivers each block in order, as the header methods show it', async () => {
    const id = await subscribe('newHeads');
    const [first, second] = [mine(), mine()];
    await settle();
    expect(client.delivered(id)).toEqual([
      await running.result('eth_getHeaderByHash', first.block.header.hash),
      await running.result('eth_getHeaderByHash', second.block.header.hash),
    ]);
  });

  test('never overtakes the answer that names the subscription', async () => {
    // In a batch the answer waits for the requests behind it, and a block comes meanwhile.
    const batch = [
      { jsonrpc: '2.0', id: 'a', method: 'eth_subscribe', params: ['newHeads'] },
      { jsonrpc: '2.0', id: 'b', method: 'evm_mine', params: [] },
    ];
    client.webSocket.send(JSON.stringify(batch));
    await client.next(({ params }) => params !== undefined);
    const [answers, notification] = client.received as unknown[];
    expect(answers).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect(notification).toMatchObject({ params: { result: { number: '0x1' } } });
  });
});

test('a return to a snapshot is told: logs that are gone, and the head that is there instead', async () => {
  const heads = await subscribe('newHeads');
  const logs = await subscribe('logs', { address: addressOf(2) });
  const first = mine(1);
  const second = mine(2, 3);
  running.backend.announceRevert({ head: first.block.header, logs: second.logs });
  await settle();
  const [, , head] = client.delivered(heads);
  expect(head).toMatchObject({ hash: first.block.header.hash });
  expect(client.delivered(logs)).toMatchObject([
    { address: addressOf(2), removed: false },
    { address: addressOf(2), removed: true },
  ]);
});

test('logs delivers those that match', async () => {
  const wanted = await subscribe('logs', {
    address: addressOf(2),
    topics: [[hashOf(2), hashOf(3)]],
  });
  const all = await subscribe('logs');
  mine(1, 2, 3);
  await settle();
  expect(client.delivered(wanted)).toMatchObject([{ address: addressOf(2), logIndex: '0x1' }]);
  expect(client.delivered(all)).toHaveLength(3);
});

test('newPendingTransactions delivers hashes, or whole transactions', async () => {
  const hashes = await subscribe('newPendingTransactions');
  const objects = await subscribe('newPendingTransactions', true);
  const transaction = legacyTransaction(1);
  running.backend.announcePending(transaction);
  await settle();
  expect(client.delivered(hashes)).toEqual([transaction.hash]);
  expect(client.delivered(objects)).toMatchObject([{ hash: transaction.hash, blockHash: null }]);
});

test('ends with eth_unsubscribe, of the same connection only', async () => {
  const id = await subscribe('newHeads');
  const stranger = await running.connect();
  expect((await stranger.request('eth_unsubscribe', id)).error?.message).toBe(
    'subscription not found',
  );
  expect((await client.request('eth_unsubscribe', id)).result).toBe(true);
  expect((await client.request('eth_unsubscribe', id)).error?.code).toBe(-32000);
  mine();
  await settle();
  expect(client.delivered(id)).toEqual([]);
});

test('listens to what somebody wants, and to nothing else', async () => {
  expect(running.backend.listenerCount()).toBe(0);
  const heads = await subscribe('newHeads');
  expect(running.backend.listenerCount()).toBe(1);
  await subscribe('newPendingTransactions');
  expect(running.backend.listenerCount()).toBe(2);
  await client.request('eth_unsubscribe', heads);
  expect(running.backend.listenerCount()).toBe(1);
});

test('ends with the connection', async () => {
  await subscribe('newHeads');
  expect(running.server.statistics()).toMatchObject({ subscriptions: 1, webSockets: 1 });
  client.webSocket.close();
  await once(client.webSocket, 'close');
  await expect.poll(() => running.server.statistics().subscriptions, { timeout: 5000 }).toBe(0);
  expect(running.server.statistics().webSockets).toBe(0);
});

test('syncing tells how it is, and of each beginning and end', async () => {
  const { backend } = running;
  const id = await subscribe('syncing');
  backend.progress = { startingBlock: 1, currentBlock: 2, highestBlock: 99 };
  backend.announceProgress();
  backend.progress = { startingBlock: 1, currentBlock: 50, highestBlock: 99 };
  backend.announceProgress();
  const late = await subscribe('syncing');
  backend.progress = false;
  backend.announceProgress();
  backend.announceProgress();
  await settle();
  const status = { startingBlock: '0x1', currentBlock: '0x2', highestBlock: '0x63' };
  expect(client.delivered(id)).toEqual([false, { syncing: true, status }, false]);
  expect(client.delivered(late)).toMatchObject([{ status: { currentBlock: '0x32' } }, false]);
  await client.request('eth_unsubscribe', id);
  await client.request('eth_unsubscribe', late);
  expect(backend.listenerCount()).toBe(0);
});

describe('a subscription is refused', () => {
  test('beyond the limit of the connection', async () => {
    for (let count = 0; count < 3; count++) await subscribe('newHeads');
    expect((await client.request('eth_subscribe', 'newHeads')).error?.code).toBe(-32005);
  });

  test('when there is no such kind, or its options make no sense', async () => {
    expect((await client.request('eth_subscribe', 'weather')).error).toEqual({
      code: -32601,
      message: 'no "weather" subscription in eth namespace',
    });
    expect((await client.request('eth_subscribe', 'logs', { topics: 5 })).error?.code).toBe(-32602);
    expect((await client.request('eth_subscribe', 'newPendingTransactions', 'x')).error?.code).toBe(
      -32602,
    );
  });

  test('over HTTP', async () => {
    expect((await running.request('eth_subscribe', ['newHeads'])).error).toMatchObject({
      code: -32601,
      message: expect.stringContaining('WebSocket'),
    });
  });
});

describe('a WebSocket', () => {
  test('that does not take what is sent is disconnected, and others are not', async () => {
    await running.close();
    running = await startServer({ limits: { webSocketBufferedBytesMax: 50_000 } });
    client = await running.connect();
    const healthy = await subscribe('newHeads');
    const slow = await running.connect();
    await slow.request('eth_subscribe', 'newHeads');
    slow.webSocket.pause();
    let mined = 0;
    while (running.server.statistics().slowClientsDisconnected === 0) {
      expect(++mined).toBeLessThan(50_000);
      mine();
      if (mined % 20 === 0) await settle();
    }
    await settle();
    expect(client.delivered(healthy)).toHaveLength(mined);
    await expect.poll(() => running.server.statistics().webSockets, { timeout: 5000 }).toBe(1);
  });

  test('that does not answer a ping is disconnected', async () => {
    await running.close();
    running = await startServer({ limits: { webSocketPingIntervalMs: 250 } });
    client = await running.connect();
    const { port } = running.server.address;
    const dead = connect(port, '127.0.0.1');
    dead.write(
      'GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: Upgrade\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    dead.resume();
    await once(dead, 'close');
    expect((await settle()).result).toBe('0x7a69');
  });

  test('may have many requests under way, and all are answered', async () => {
    await running.close();
    running = await startServer({ limits: { webSocketRequestsInFlightMax: 4 } });
    client = await running.connect();
    let most = 0;
    let open = 0;
    running.backend.callResult = async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
      return { status: 'success', output: '0x', gasUsed: 1n };
    };
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => client.request('eth_call', {})),
    );
    expect(answers.every(({ result }) => result === '0x')).toBe(true);
    expect(most).toBe(4);
  });

  test('message beyond the size limit ends its connection', async () => {
    await running.close();
    running = await startServer({ limits: { requestBytesMax: 1000 } });
    client = await running.connect();
    client.webSocket.on('error', () => {});
    client.webSocket.send('x'.repeat(2000));
    const [code] = await once(client.webSocket, 'close');
    expect(code).toBe(1009);
  });
});

test('connections beyond the limit are refused', async () => {
  await running.close();
  running = await startServer({ limits: { connectionsMax: 1 } });
  client = await running.connect();
  await expect(running.connect()).rejects.toThrow();
  expect((await settle()).result).toBe('0x7a69');
});
