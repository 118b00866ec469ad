/** A few clients that send one transfer after another to one node, and when each was committed. */
import { type Hex, keccak256 } from 'viem';
import type { HDAccount } from 'viem/accounts';
import { HttpClient } from './http-client.ts';
import { CHAIN_ID } from './signed-transactions.ts';

/** Far above any base fee these runs reach: 1000 gwei. */
const MAX_FEE_WEI = 1_000_000_000_000n;
/** Transfers each sender signs ahead, so that signing takes no time while it is measured. */
const SIGNED_AHEAD = 64;

export class SteadyLoad {
  readonly #senders: readonly Sender[];

  /** One client per account. */
  constructor(accounts: readonly HDAccount[]) {
    this.#senders = accounts.map((account) => new Sender(account));
  }

  /** Signs what a measurement needs. */
  async prepare(): Promise<void> {
    for (const sender of this.#senders) await sender.signAhead();
  }

  /**
   * Sends through `url` until the returned `stop` is called. `commits` holds the instants, in monotonic ms, at which a client
   * knew that its transfer is in a block; it grows meanwhile.
   */
  run(url: string): { readonly commits: readonly number[]; stop(): Promise<void> } {
    const client = new HttpClient(url, this.#senders.length);
    const commits: number[] = [];
    let isStopped = false;
    const running = this.#senders.map(async (sender) => {
      while (!isStopped) {
        await sender.send(client);
        commits.push(performance.now());
      }
    });
    return {
      commits,
      async stop() {
        isStopped = true;
        await Promise.all(running);
        client.close();
      },
    };
  }
}

class Sender {
  readonly #account: HDAccount;
  readonly #signed: Hex[] = [];
  #nextNonce = 0;

  constructor(account: HDAccount) {
    this.#account = account;
  }

  async signAhead(): Promise<void> {
    while (this.#signed.length < SIGNED_AHEAD) this.#signed.push(await this.#sign());
  }

  /** Ends when the transfer is in a block of the node that is asked. */
  async send(client: HttpClient): Promise<void> {
    const raw = this.#signed.shift() ?? (await this.#sign());
    for (;;) {
      // In instant mode the answer comes with the block. An attempt may fail although its transfer lives on.
      const answer = await client.call('eth_sendRawTransaction', [raw]).catch(() => null);
      if (answer !== null) return;
      if ((await this.#receipt(client, raw)) !== null) return;
    }
  }

  #receipt(client: HttpClient, raw: Hex): Promise<unknown> {
    return client.call('eth_getTransactionReceipt', [keccak256(raw)]).catch(() => null);
  }

  async #sign(): Promise<Hex> {
    const nonce = this.#nextNonce;
    this.#nextNonce += 1;
    return await this.#account.signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce,
      to: '0x00000000000000000000000000000000be7c0000',
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: MAX_FEE_WEI,
      maxPriorityFeePerGas: 1_000_000_000n,
    });
  }
}
