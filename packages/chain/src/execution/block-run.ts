/**
 * Runs one block's transactions in order on its parent's state. Building and checking a block both run it, so they
 * cannot disagree.
 */
import type { Block } from '@ethereumjs/block';
import { runTx } from '@ethereumjs/vm';
import type { HeaderData, WithdrawalData } from '../block/block-data.ts';
import type { HeaderFields } from '../block/header-codec.ts';
import { logOf, type ReceiptLog, type StoredReceipt } from '../block/receipt-codec.ts';
import type { ConsoleCalls } from '../console/console-tap.ts';
import type { DevelopmentState } from '../development/development-state.ts';
import { ChainError } from '../errors.ts';
import { type Address, addressOf, type Hash, hashOf, weiOf } from '../primitives.ts';
import { EMPTY_ACCOUNT, JournaledState } from '../state/journaled-state.ts';
import type { State } from '../state/layered-state.ts';
import { diffOf, type StateDiff } from '../state/state-diff.ts';
import type { StateView } from '../state/state-view.ts';
import { executableTransaction } from '../transaction/executable.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { requireImpersonated } from '../transaction/stated-sender.ts';
import { maximumCost, validateTransaction } from '../transaction/validate.ts';
import type { NodeReader } from '../trie/node-source.ts';
import { GAS_PER_BLOB } from './fee-rules.ts';
import { type AncestorHash, evmBlock, type ForkEvm } from './fork-evm.ts';
import type { HeaderOverrides } from './header-rules.ts';
import { callBeforeTransactions, collectRequests } from './system-calls.ts';

/** What a block is executed on. */
export interface ParentContext {
  readonly header: HeaderData;
  readonly state: State;
  /** Of `state`: the header's unless it was edited since. */
  readonly stateRoot: Hash;
  /** Who may send without a signature. */
  readonly development: DevelopmentState;
  /** Fields of the block's header that development operations have set. */
  readonly overrides: HeaderOverrides;
  /** Reads trie nodes of `state`. */
  readonly nodes: NodeReader;
  readonly ancestorHash: AncestorHash;
}

export interface ExecutedTransaction {
  readonly signed: SignedTransaction;
  readonly receipt: StoredReceipt;
  /** Absent where nobody listens. */
  readonly printed?: ConsoleCalls;
}

/** What execution adds to a header. */
export interface BlockOutcome {
  readonly transactions: readonly ExecutedTransaction[];
  readonly gasUsed: bigint;
  readonly blobGasUsed: bigint;
  readonly requestsHash?: ReturnType<typeof hashOf>;
  readonly state: StateDiff;
}

const GWEI = 1_000_000_000n;

export class BlockRun {
  readonly #evm: ForkEvm;
  readonly #header: HeaderFields;
  readonly #parent: ParentContext;
  readonly #block: Block;
  readonly #state: JournaledState;
  readonly #executed: ExecutedTransaction[] = [];
  readonly #logs: ReceiptLog[] = [];
  #gasUsed = 0n;
  #blobGasUsed = 0n;

  /** `header`: the fields known before execution are read, no others. */
  constructor(evm: ForkEvm, header: HeaderFields, parent: ParentContext) {
    this.#evm = evm;
    this.#header = header;
    this.#parent = parent;
    this.#block = evmBlock(header, evm.rules);
    this.#state = new JournaledState(parent.state);
    evm.use(this.#state, parent.ancestorHash, (state) => this.#diff(state).root);
  }

  get gasLeft(): bigint {
    return this.#header.gasLimit - this.#gasUsed;
  }

  /** Shows what transactions write, as they write it. */
  get state(): StateView {
    return this.#state;
  }

  get executed(): readonly ExecutedTransaction[] {
    return this.#executed;
  }

  /** System calls that come first. */
  async begin(): Promise<void> {
    const { parentHash, parentBeaconBlockRoot } = this.#header;
    await callBeforeTransactions(this.#systemContext(), parentHash, parentBeaconBlockRoot);
  }

  /** Blob gas still free; none before Cancun. */
  get blobGasLeft(): bigint {
    const { rules } = this.#evm;
    if (!rules.isActivatedEIP(4844)) return 0n;
    return rules.getBlobGasSchedule().maxBlobGasPerBlock - this.#blobGasUsed;
  }

  /** Executes the next transaction. Throws `ChainError` when it is not valid here; then nothing changed. */
  async apply(signed: SignedTransaction): Promise<ExecutedTransaction> {
    const { rules, vm } = this.#evm;
    const { data } = signed;
    const isStated = signed.senderPublicKey === null;
    if (isStated) requireImpersonated(this.#parent.development, data.from);
    this.#evm.letContractSend(isStated ? data.from : null);
    validateTransaction(data, rules);
    this.#requireRoom(signed);
    this.#requireSender(signed);
    // What one has printed that was refused in the middle is no other's.
    this.#evm.console?.take();
    const result = await runTx(vm, {
      tx: executableTransaction(signed, rules),
      block: this.#block,
      blockGasUsed: this.#gasUsed,
    }).catch((error: unknown) => {
      throw refused(signed, error);
    });
    const logs = (result.execResult.logs ?? []).map(([address, topics, bytes]) =>
      logOf(addressOf(address), topics, bytes),
    );
    this.#logs.push(...logs);
    this.#gasUsed += result.totalGasSpent;
    this.#blobGasUsed += blobGasOf(signed);
    const { receipt } = result;
    const printed = this.#evm.console?.take();
    const executed: ExecutedTransaction = {
      signed,
      receipt: {
        type: data.type,
        outcome: 'status' in receipt ? (receipt.status === 1 ? 1 : 0) : hashOf(receipt.stateRoot),
        cumulativeGasUsed: this.#gasUsed,
        logs,
      },
      ...(printed && { printed }),
    };
    this.#executed.push(executed);
    return executed;
  }

  /** Credits withdrawals, collects requests and computes the state's root. Throws `InvalidBlockError`. */
  async finish(
    withdrawals: readonly WithdrawalData[],
    ommers: readonly HeaderData[],
  ): Promise<BlockOutcome> {
    for (const { address, amount } of withdrawals) this.#credit(address, amount * GWEI);
    this.#reward(ommers);
    const { rules } = this.#evm;
    const outcome = {
      transactions: this.#executed,
      gasUsed: this.#gasUsed,
      blobGasUsed: this.#blobGasUsed,
    };
    if (!rules.isActivatedEIP(7685)) return { ...outcome, state: this.#diff(this.#state) };
    const requestsHash = await collectRequests(
      this.#systemContext(),
      this.#logs,
      this.#evm.depositContract,
    );
    return { ...outcome, requestsHash, state: this.#diff(this.#state) };
  }

  /** What the transactions so far changed, before anything that ends a block. */
  stateSoFar(): StateDiff {
    return this.#diff(this.#state);
  }

  #diff(state: JournaledState): StateDiff {
    return diffOf(state, this.#parent.stateRoot, this.#parent.nodes);
  }

  #systemContext() {
    return { evm: this.#evm, state: this.#state, block: this.#block };
  }

  #requireRoom(signed: SignedTransaction): void {
    if (signed.data.gasLimit > this.gasLeft) {
      throw new ChainError('exceeds-block-gas-limit', 'exceeds block gas limit', {
        gasLeft: this.gasLeft,
      });
    }
    if (blobGasOf(signed) > 0n && blobGasOf(signed) > this.blobGasLeft) {
      throw new ChainError('exceeds-block-gas-limit', 'exceeds the blob gas of a block');
    }
  }

  /** The common refusals, told by code; the EVM library checks again, in words. */
  #requireSender({ data }: SignedTransaction): void {
    const account = this.#state.getAccount(data.from) ?? EMPTY_ACCOUNT;
    if (data.nonce !== account.nonce) {
      const low = data.nonce < account.nonce;
      throw new ChainError(
        low ? 'nonce-too-low' : 'nonce-too-high',
        `nonce too ${low ? 'low' : 'high'}: next nonce ${account.nonce}, tx nonce ${data.nonce}`,
        { expected: account.nonce },
      );
    }
    const cost = maximumCost(data);
    if (account.balance < cost) {
      throw new ChainError(
        'insufficient-funds',
        `insufficient funds for gas * price + value: balance ${account.balance}, tx cost ${cost}`,
      );
    }
    const fee = this.#header.baseFeePerGas ?? 0n;
    const cap = data.maxFeePerGas ?? data.gasPrice ?? 0n;
    if (cap < fee) {
      throw new ChainError(
        'fee-cap-below-base-fee',
        `max fee per gas less than block base fee: maxFeePerGas: ${cap}, baseFee: ${fee}`,
      );
    }
  }

  /** EIP-4895 and rewards: an account is made only for an amount since EIP-161. */
  #credit(address: Address, amount: bigint): void {
    if (amount === 0n && this.#evm.rules.gteHardfork('spuriousDragon')) return;
    const account = this.#state.getAccount(address) ?? EMPTY_ACCOUNT;
    this.#state.putAccount(address, { ...account, balance: weiOf(account.balance + amount) });
  }

  /** Only blocks before the merge have a reward (Yellow Paper 11.3). Ommers come from imported chains alone. */
  #reward(ommers: readonly HeaderData[]): void {
    const { rules } = this.#evm;
    if (rules.consensusType() !== 'pow') return;
    const reward = rules.param('minerReward');
    for (const ommer of ommers) {
      const depth = BigInt(this.#header.number - ommer.number);
      this.#credit(ommer.beneficiary, (reward * (8n - depth)) / 8n);
    }
    const nephew = (reward / 32n) * BigInt(ommers.length);
    this.#credit(this.#header.beneficiary, reward + nephew);
  }
}

function refused(signed: SignedTransaction, error: unknown): ChainError {
  if (error instanceof ChainError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ChainError('invalid-transaction', `transaction refused by the EVM: ${reason}`, {
    hash: signed.data.hash,
  });
}

function blobGasOf({ data }: SignedTransaction): bigint {
  return BigInt(data.blobVersionedHashes?.length ?? 0) * GAS_PER_BLOB;
}
