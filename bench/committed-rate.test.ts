import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { measureCommittedRate } from './committed-rate.ts';

const requestSchema = z.object({ method: z.string(), params: z.array(z.string()) });

/**
 * A node that puts whatever it was sent into a block on every fifth request for its number, and whose pool refuses every
 * fifth transaction the first time.
 */
async function fakeNode(): Promise<{ readonly url: string; readonly blocks: number[] }> {
  const blocks = [0];
  let waiting = 0;
  let asked = 0;
  const refused = new Set<string>();
  const answer = ({ method, params: [first = ''] }: z.infer<typeof requestSchema>): object => {
    if (method === 'eth_sendRawTransaction') {
      if (Number(first) % 5 === 0 && !refused.has(first)) {
        refused.add(first);
        return { error: { code: -32_000, message: 'txpool is full' } };
      }
      waiting += 1;
      return { result: first };
    }
    if (method === 'eth_getBlockTransactionCountByNumber') {
      return { result: `0x${(blocks[Number(first)] ?? 0).toString(16)}` };
    }
    asked += 1;
    if (asked % 5 === 0) {
      blocks.push(waiting);
      waiting = 0;
    }
    return { result: `0x${(blocks.length - 1).toString(16)}` };
  };
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      const result = answer(requestSchema.parse(JSON.parse(body)));
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: urlOf(server), blocks };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was bound');
  return `http://127.0.0.1:${address.port}`;
}

function sequencesOf(accounts: number, each: number) {
  return Array.from({ length: accounts }, (_, account) => ({
    raw: Array.from(
      { length: each },
      (_, at) => `0x${(account * each + at).toString(16)}` as const,
    ),
  }));
}

it('counts what is in blocks between two that it saw, and sends again what a full pool refused', async () => {
  const { url, blocks } = await fakeNode();
  const target = { name: 'fake', urls: [url], pids: [process.pid], end: async () => {} };
  const window = { warmUpSeconds: 0.2, seconds: 0.6 };
  const rate = await measureCommittedRate(target, 1, sequencesOf(3, 100_000), window);
  expect(rate.isCutShort).toBe(false);
  expect(rate.blocks).toBeGreaterThan(0);
  const runs = blocks.map((_, last) =>
    blocks.slice(last - rate.blocks + 1, last + 1).reduce((sum, count) => sum + count, 0),
  );
  // The transactions of as many blocks in a row.
  expect(runs).toContain(rate.transactions);
  expect(rate.transactionsPerSecond).toBeCloseTo(rate.transactions / rate.seconds);
});

it('says that the signed transactions were used up', async () => {
  const { url } = await fakeNode();
  const target = { name: 'fake', urls: [url], pids: [process.pid], end: async () => {} };
  const window = { warmUpSeconds: 0.001, seconds: 60 };
  const rate = await measureCommittedRate(target, 1, sequencesOf(2, 300), window);
  expect(rate.isCutShort).toBe(true);
});

it('fails when a node does not answer', async () => {
  const { url } = await fakeNode();
  const target = {
    name: 'fake',
    urls: [`${url}/`, 'http://127.0.0.1:1'],
    pids: [],
    end: async () => {},
  };
  const window = { warmUpSeconds: 0.1, seconds: 60 };
  await expect(measureCommittedRate(target, 1, sequencesOf(2, 10), window)).rejects.toThrow();
});
