import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mnemonicToAccount } from 'viem/accounts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../harness/free-ports.ts';
import { DEVELOPMENT_MNEMONIC } from '../../../harness/network.ts';
import { SeededRandom } from '../random.ts';
import { Recorder } from './recorder.ts';
import { type Call, TransactionSender } from './transaction-sender.ts';

const TRANSFER: Call = {
  intent: { kind: 'transfer', to: '0x00000000000000000000000000000000000b0001', wei: '5' },
  to: '0x00000000000000000000000000000000000b0001',
  wei: 5n,
  data: '0x',
  gas: 21_000n,
};

/** Stands for a node: what it answers to a sending, and which transactions it shows as mined. */
class ScriptedNode {
  readonly server: Server;
  answer: { result: string } | { error: { code: number; message: string } } = { result: '0x' };
  readonly mined = new Set<string>();
  sendings = 0;

  constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => {
        body += part.toString();
      });
      request.on('end', () => {
        const { id, method, params } = JSON.parse(body);
        if (method === 'eth_sendRawTransaction') this.sendings += 1;
        const receipt = this.mined.has(params[0])
          ? { blockNumber: '0x7', blockHash: '0xb7', transactionIndex: '0x1', status: '0x1' }
          : null;
        const answer = method === 'eth_sendRawTransaction' ? this.answer : { result: receipt };
        response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
      });
    });
  }
}

describe('TransactionSender', () => {
  let folder: string;
  let node: ScriptedNode;
  let recorder: Recorder;
  let sender: TransactionSender;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'praline-sender-'));
    const [port = 0, closed = 0] = await freePorts(2);
    node = new ScriptedNode();
    await new Promise<void>((resolve) => node.server.listen(port, '127.0.0.1', () => resolve()));
    recorder = new Recorder(join(folder, 'history.jsonl'));
    sender = new TransactionSender(
      {
        client: 1,
        account: mnemonicToAccount(DEVELOPMENT_MNEMONIC),
        chainId: 31_337,
        random: new SeededRandom('sender'),
      },
      { recorder, url: (number) => `http://127.0.0.1:${number === 1 ? port : closed}` },
    );
  });

  afterEach(() => {
    node.server.closeAllConnections();
    node.server.close();
    rmSync(folder, { recursive: true });
  });

  function outcomes(): readonly string[] {
    return recorder.attempts.map(({ outcome }) => outcome);
  }

  it('calls a transaction acknowledged once the node shows its receipt', async () => {
    await sender.begin(TRANSFER);
    node.mined.add(recorder.transactions[0]?.hash ?? '');
    await sender.attempt(1);
    expect(sender.isSettled).toBe(true);
    expect(recorder.attempts).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        position: { blockNumber: 7, blockHash: '0xb7', index: 1 },
      }),
    ]);
  });

  it('leaves in doubt what a node took without mining it, and sends it again', async () => {
    await sender.begin(TRANSFER);
    await sender.attempt(1);
    expect([sender.isSettled, ...outcomes()]).toEqual([false, 'unknown']);
    for (const { hash } of recorder.transactions) node.mined.add(hash);
    node.answer = { error: { code: -32000, message: 'already known' } };
    await sender.attempt(1);
    expect(sender.isSettled).toBe(true);
    expect(outcomes().at(-1)).toBe('ok');
  });

  it('knows that nothing was sent where nobody listens', async () => {
    await sender.begin(TRANSFER);
    await sender.attempt(2);
    expect(outcomes()).toEqual(['failed']);
    expect(sender.isSettled).toBe(false);
  });

  it('never takes a spent nonce for an acknowledgement of its own transaction', async () => {
    await sender.begin(TRANSFER);
    node.answer = { error: { code: -32000, message: 'nonce too low' } };
    await sender.attempt(1);
    expect([sender.isSettled, ...outcomes()]).toEqual([false, 'unknown']);
  });

  it('sends rivals of the same nonce at times, and settles with the one that was mined', async () => {
    await sender.begin(TRANSFER);
    for (let round = 0; round < 60; round++) await sender.attempt(1);
    const [first, ...rivals] = recorder.transactions;
    expect(rivals.length).toBeGreaterThan(0);
    for (const rival of rivals) {
      expect(rival.nonce).toBe(first?.nonce);
      expect(rival.hash).not.toBe(first?.hash);
    }
    const winner = rivals[0]?.hash ?? '';
    node.mined.add(winner);
    node.answer = { error: { code: -32000, message: 'nonce too low' } };
    await sender.attempt(1);
    expect(recorder.attempts.at(-1)).toMatchObject({ hash: winner, outcome: 'ok' });
    await sender.begin(TRANSFER);
    expect(recorder.transactions.at(-1)?.nonce).toBe((first?.nonce ?? 0) + 1);
  });
});
