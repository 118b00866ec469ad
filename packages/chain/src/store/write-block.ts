/**
 * Writes of one committed block: its records, its indexes and its difference to the state.
 */
import { encodeHeader } from '../block/header-codec.ts';
import { createdAddress } from '../block/receipt-data.ts';
import { keccak256 } from '../crypto/keccak.ts';
import type { ExecutedTransaction } from '../execution/block-run.ts';
import type { ExecutedBlock } from '../execution/build-block.ts';
import { bytesOf } from '../primitives.ts';
import { encodeAccount } from '../state/account-codec.ts';
import type { StateDiff } from '../state/state-diff.ts';
import { encodeBody, encodePlace, encodeReceipts } from './block-records.ts';
import {
  accountKey,
  addressPosting,
  numberKey,
  participantPosting,
  postingKey,
  storageKey,
  storageRange,
  topicPosting,
} from './schema.ts';
import type { TableWriter } from './tables.ts';

const NO_BYTES = new Uint8Array(0);

/** `generation`: that of the head's flat state. */
export function writeBlock(writer: TableWriter, executed: ExecutedBlock, generation: number): void {
  writeRecords(writer, executed);
  writeState(writer, executed.state, generation);
}

/** The parts of a block that are not its state. */
export interface BlockWithReceipts extends Pick<ExecutedBlock, 'block' | 'raw'> {
  readonly transactions: readonly ExecutedTransaction[];
}

/** The block at its height with its indexes, without its state. */
export function writeRecords(writer: TableWriter, executed: BlockWithReceipts): void {
  const { block, transactions } = executed;
  const { header } = block;
  const hash = bytesOf(header.hash);
  writer.put('headers', hash, encodeHeader(header));
  const senders = transactions.map((one) => one.signed.data.from);
  writer.putSealed('bodies', hash, encodeBody(executed.raw, senders));
  writer.putSealed('receipts', hash, encodeReceipts(transactions.map((one) => one.receipt)));
  writer.putSealed('canonical', numberKey(header.number), hash);
  for (const [index, { signed }] of transactions.entries()) {
    const place = encodePlace({ number: header.number, index });
    writer.putSealed('transactions', bytesOf(signed.data.hash), place);
  }
  writePostings(writer, executed);
}

function writePostings(writer: TableWriter, executed: BlockWithReceipts): void {
  const { number } = executed.block.header;
  const seen = new Set<string>();
  const post = (prefix: Uint8Array): void => {
    const key = postingKey(prefix, number);
    const name = Buffer.from(key).toString('latin1');
    if (seen.has(name)) return;
    seen.add(name);
    writer.putSealed('postings', key, NO_BYTES);
  };
  for (const { signed, receipt } of executed.transactions) {
    const { data } = signed;
    post(participantPosting(data.from));
    post(participantPosting(data.to ?? createdAddress(data)));
    for (const log of receipt.logs) {
      post(addressPosting(log.address));
      for (const [position, topic] of log.topics.entries()) post(topicPosting(position, topic));
    }
  }
}

/** Applies a difference to the flat tables and adds its code and trie nodes. */
export function writeState(writer: TableWriter, diff: StateDiff, generation: number): void {
  for (const [hash, bytes] of diff.nodes) writer.put('nodes', bytesOf(hash), bytes);
  for (const [hash, code] of diff.codes) writer.put('code', bytesOf(hash), code);
  for (const [address, account] of diff.accounts) {
    const key = accountKey(generation, keccak256(bytesOf(address)));
    if (account === null) writer.remove('accounts', key);
    else writer.putSealed('accounts', key, encodeAccount(account));
  }
  for (const [address, { cleared, slots }] of diff.storage) {
    const addressHash = keccak256(bytesOf(address));
    if (cleared) writer.removeRange('storage', storageRange(generation, addressHash));
    for (const [slot, value] of slots) {
      const key = storageKey(generation, addressHash, keccak256(bytesOf(slot)));
      if (value.length === 0) writer.remove('storage', key);
      else writer.putSealed('storage', key, value);
    }
  }
}
