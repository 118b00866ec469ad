/**
 * Makes a block from candidate transactions, in their order, within the block's gas and bytes.
 */
import { encodeBlock, orderedRoot, type RawBlock } from '../block/block-codec.ts';
import { bloomOfLogs } from '../block/bloom.ts';
import { sealHeader } from '../block/header-codec.ts';
import { encodeReceipt } from '../block/receipt-codec.ts';
import { ChainError } from '../errors.ts';
import type { Address, Hash } from '../primitives.ts';
import type { StateDiff } from '../state/state-diff.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import {
  type BlockOutcome,
  BlockRun,
  type ExecutedTransaction,
  type ParentContext,
} from './block-run.ts';
import type { ForkEvm } from './fork-evm.ts';
import { type NextBlock, nextHeader } from './header-rules.ts';

/** A block with everything its execution told. */
export interface ExecutedBlock {
  readonly block: RawBlock;
  /** The block's RLP. */
  readonly raw: Uint8Array;
  readonly transactions: readonly ExecutedTransaction[];
  readonly state: StateDiff;
}

export interface RefusedTransaction {
  readonly hash: Hash;
  readonly error: ChainError;
}

export interface BuildRequest extends NextBlock {
  readonly candidates: Iterable<SignedTransaction>;
  /** Bound on the block's RLP. */
  readonly maxBytes: number;
  /** Without it there is no block when no candidate fits. */
  readonly allowEmpty: boolean;
  /** Unix time of the log entry, seconds; the block's own when absent. */
  readonly agreedSeconds?: number;
}

export interface BuiltBlock extends ExecutedBlock {
  /** Candidates that are not valid on this state; whoever offered them should drop them. */
  readonly refused: readonly RefusedTransaction[];
}

export type BuildResult =
  | BuiltBlock
  | { readonly block: null; readonly refused: readonly RefusedTransaction[] };

/** Cheapest transaction, gas. */
const TRANSACTION_GAS_MIN = 21_000n;
/** Header, list prefixes and one transaction's prefix, bytes: generous. */
const BLOCK_OVERHEAD_BYTES = 1_024;
const TRANSACTION_OVERHEAD_BYTES = 4;

export async function buildBlock(
  evm: ForkEvm,
  parent: ParentContext,
  request: BuildRequest,
): Promise<BuildResult> {
  if (request.timestamp < parent.header.timestamp) {
    throw new ChainError('invalid-request', 'a block can not be older than its parent', {
      timestamp: request.timestamp,
      parent: parent.header.timestamp,
    });
  }
  const header = nextHeader(parent.header, evm.rules, request, parent.overrides);
  const run = new BlockRun(evm, header, parent);
  await run.begin();
  const refused = await fill(run, request);
  if (run.executed.length === 0 && !request.allowEmpty) return { block: null, refused };
  const outcome = await run.finish([], []);
  return { ...sealBlock(header, outcome), refused };
}

async function fill(run: BlockRun, request: BuildRequest): Promise<RefusedTransaction[]> {
  const refused: RefusedTransaction[] = [];
  /** Senders of whom a transaction did not fit: their later nonces must wait too. */
  const waiting = new Set<Address>();
  let bytesLeft = request.maxBytes - BLOCK_OVERHEAD_BYTES;
  for (const candidate of request.candidates) {
    if (run.gasLeft < TRANSACTION_GAS_MIN) break;
    const { from, gasLimit, hash } = candidate.data;
    if (waiting.has(from)) continue;
    const bytes = candidate.raw.length + TRANSACTION_OVERHEAD_BYTES;
    if (gasLimit > run.gasLeft || bytes > bytesLeft) {
      waiting.add(from);
      continue;
    }
    try {
      await run.apply(candidate);
      bytesLeft -= bytes;
    } catch (error) {
      if (!(error instanceof ChainError) || error.code === 'corrupt-store') throw error;
      waiting.add(from);
      if (error.code !== 'exceeds-block-gas-limit') refused.push({ hash, error });
    }
  }
  return refused;
}

/** Completes the header with what execution told. */
function sealBlock(header: ReturnType<typeof nextHeader>, outcome: BlockOutcome): ExecutedBlock {
  const { transactions } = outcome;
  const receipts = transactions.map((executed) => executed.receipt);
  const raws = transactions.map((executed) => executed.signed.raw);
  const sealed = sealHeader({
    ...header,
    stateRoot: outcome.state.root,
    transactionsRoot: orderedRoot(raws),
    receiptsRoot: orderedRoot(receipts.map(encodeReceipt)),
    logsBloom: bloomOfLogs(receipts.flatMap((receipt) => receipt.logs)),
    gasUsed: outcome.gasUsed,
    ...(header.blobGasUsed !== undefined && { blobGasUsed: outcome.blobGasUsed }),
    ...(outcome.requestsHash !== undefined && { requestsHash: outcome.requestsHash }),
  });
  const block: RawBlock = {
    header: sealed,
    transactions: raws,
    ommers: [],
    ...(header.withdrawalsRoot !== undefined && { withdrawals: [] }),
  };
  return { block, raw: encodeBlock(block), transactions, state: outcome.state };
}
