/**
 * Executes a block made by someone else and compares everything it claims. A block that passes is one that this node
 * would have made from the same transactions.
 */
import { orderedRoot, type RawBlock } from '../block/block-codec.ts';
import { bloomOfLogs } from '../block/bloom.ts';
import { type BlockFault, InvalidBlockError } from '../block/invalid-block-error.ts';
import { encodeReceipt } from '../block/receipt-codec.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { ChainError } from '../errors.ts';
import { type Hash, hashOf } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { decodeWhere } from '../transaction/stated-sender.ts';
import { checkBody } from './block-body.ts';
import { type BlockOutcome, BlockRun, type ParentContext } from './block-run.ts';
import type { ExecutedBlock } from './build-block.ts';
import type { ForkEvm } from './fork-evm.ts';
import { type BlockOrigin, checkHeader } from './header-rules.ts';

/** A decoded transaction by its hash, if it is at hand. */
export type KnownTransaction = (hash: Hash) => SignedTransaction | undefined;

export interface CheckOptions {
  readonly origin: BlockOrigin;
  readonly known: KnownTransaction;
}

/** Throws `InvalidBlockError`, or `ChainError` `corrupt-store` when this node's own data is damaged. */
export async function checkBlock(
  evm: ForkEvm,
  parent: ParentContext,
  block: RawBlock,
  raw: Uint8Array,
  options: CheckOptions,
): Promise<ExecutedBlock> {
  const { origin, known } = options;
  checkHeader(block.header, parent.header, evm.rules, origin, parent.overrides);
  checkBody(block, origin);
  const run = new BlockRun(evm, block.header, parent);
  await run.begin();
  for (const [index, bytes] of block.transactions.entries()) {
    await applyTo(
      run,
      index,
      bytes,
      (hash) => known(hash) ?? decodeWhere(parent.development, bytes),
    );
  }
  const outcome = await run.finish(block.withdrawals ?? [], block.ommers);
  compare(block, outcome);
  return { block, raw, transactions: outcome.transactions, state: outcome.state };
}

async function applyTo(
  run: BlockRun,
  index: number,
  bytes: Uint8Array,
  decode: (hash: Hash) => SignedTransaction,
): Promise<void> {
  try {
    await run.apply(decode(hashOf(keccak256(bytes))));
  } catch (error) {
    if (!(error instanceof ChainError) || error.code === 'corrupt-store') throw error;
    throw new InvalidBlockError('transaction', `number ${index}: ${error.message}`);
  }
}

function compare(block: RawBlock, outcome: BlockOutcome): void {
  const { header } = block;
  const receipts = outcome.transactions.map((executed) => executed.receipt);
  const same = (claimed: unknown, computed: unknown, fault: BlockFault): void => {
    if (claimed === computed) return;
    throw new InvalidBlockError(fault, `claims ${claimed}, execution gives ${computed}`);
  };
  same(header.gasUsed, outcome.gasUsed, 'gas-used');
  if (header.blobGasUsed !== undefined) same(header.blobGasUsed, outcome.blobGasUsed, 'blob-gas');
  same(header.receiptsRoot, orderedRoot(receipts.map(encodeReceipt)), 'receipts-root');
  same(header.logsBloom, bloomOfLogs(receipts.flatMap((one) => one.logs)), 'logs-bloom');
  same(header.requestsHash, outcome.requestsHash, 'requests-hash');
  same(header.stateRoot, outcome.state.root, 'state-root');
}
