/** A pool over accounts that a test sets, and transactions without real signatures. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import type { TransactionData } from '../block/block-data.ts';
import type { MempoolLimits } from '../mempool/limits.ts';
import { Mempool } from '../mempool/mempool.ts';
import type { SenderAccount } from '../mempool/sender-queue.ts';
import { type Address, addressOf, hashOf, weiOf } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';

export class PoolFixture {
  readonly accounts = new Map<Address, SenderAccount>();
  readonly common = new Common({ chain: Mainnet, hardfork: Hardfork.Osaka });
  readonly pool: Mempool;
  blockGasLimit = 30_000_000n;
  baseFee = 0n;
  /** Account reads the pool has made. */
  reads = 0;

  constructor(limits?: MempoolLimits) {
    const head = {
      account: (address: Address) => {
        this.reads += 1;
        return this.accounts.get(address) ?? { nonce: 0n, balance: 0n };
      },
      gasLimit: () => this.blockGasLimit,
      baseFee: () => this.baseFee,
      common: () => this.common,
    };
    this.pool = limits === undefined ? new Mempool(head) : new Mempool(head, limits);
  }

  fund(sender: Address, balance = 10n ** 18n, nonce = 0n): void {
    this.accounts.set(sender, { nonce, balance });
  }
}

export function testAddress(number: number): Address {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(16, number + 1);
  return addressOf(bytes);
}

let serial = 0;

export interface TestTransaction {
  readonly from: Address;
  readonly nonce: bigint | number;
  /** Wei per gas; the tip cap is the fee cap unless given. */
  readonly feeCap?: bigint | number;
  readonly tipCap?: bigint | number;
  readonly gasLimit?: bigint;
  readonly value?: bigint;
  /** Length in bytes. */
  readonly size?: number;
}

/** Each call makes another hash. */
export function testTransaction(options: TestTransaction): SignedTransaction {
  const { from, nonce, feeCap = 100, tipCap = feeCap } = options;
  serial += 1;
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setUint32(28, serial);
  const data: TransactionData = {
    hash: hashOf(hash),
    type: 2,
    from,
    nonce: BigInt(nonce),
    to: testAddress(999),
    value: weiOf(options.value ?? 0n),
    gasLimit: options.gasLimit ?? 21_000n,
    input: '0x',
    maxFeePerGas: weiOf(BigInt(feeCap)),
    maxPriorityFeePerGas: weiOf(BigInt(tipCap)),
    chainId: 1n,
    accessList: [],
    v: 0n,
    r: 1n,
    s: 1n,
  };
  return { raw: new Uint8Array(options.size ?? 100), data, senderPublicKey: new Uint8Array(64) };
}
