/**
 * Puts a snapshot's records together again and proves them: everything is hostile until `finish` has compared the root
 * of all accounts with the head's header, which whoever calls has checked. Memory follows one block and one code.
 */
import {
  decodeBlock,
  ommersHashOf,
  orderedRoot,
  type RawBlock,
  withdrawalsRootOf,
} from '../block/block-codec.ts';
import type { HeaderData } from '../block/block-data.ts';
import { headerOf } from '../block/header-codec.ts';
import { encodeReceipt, type StoredReceipt } from '../block/receipt-codec.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { readRlp } from '../encoding/rlp-reader.ts';
import { type Hash, hashOf } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import { encodeAccount } from '../state/account-codec.ts';
import { encodeSlot } from '../state/trie-state-view.ts';
import { decodeReceipts, encodeReceipts } from '../store/block-records.ts';
import { SortedTrieBuilder } from '../trie/sorted-trie-builder.ts';
import { CodeWindow } from './code-window.ts';
import { HEADERS, PIECE_BYTES_MAX, WHOLE_BYTES_MAX } from './limits.ts';
import type { SnapshotRecord } from './record.ts';
import { invalidSnapshot } from './snapshot-error.ts';

/** Receives the state, children of trie nodes first and an account after its slots and code. */
export interface StateSink {
  code(hash: Hash, code: Uint8Array): void;
  node(hash: Uint8Array, bytes: Uint8Array): void;
  slot(addressHash: Uint8Array, slotHash: Uint8Array, value: Uint8Array): void;
  account(addressHash: Uint8Array, account: AccountData): void;
}

/** The parts of a snapshot that are not state, checked against the head's header. */
export interface SnapshotBlock {
  /** The head's first. */
  readonly headers: readonly HeaderData[];
  readonly head: HeaderData;
  readonly block: RawBlock;
  readonly raw: Uint8Array;
  readonly receipts: readonly StoredReceipt[];
}

type Account = Extract<SnapshotRecord, { readonly kind: 'account' }>;
type PieceKind = 'block' | 'receipts' | 'code';

const ORDER: readonly SnapshotRecord['kind'][] = ['header', 'block', 'receipts', 'account'];

export class SnapshotState {
  readonly #sink: StateSink;
  readonly #genesis: Hash;
  readonly #headers: HeaderData[] = [];
  readonly #pieces: Record<PieceKind, Uint8Array[]> = { block: [], receipts: [], code: [] };
  readonly #codes = new CodeWindow();
  readonly #accounts: SortedTrieBuilder;
  /** Place in `ORDER` of what came last. */
  #reached = 0;
  #account: Account | undefined;
  #slots: SortedTrieBuilder;

  constructor(genesis: Hash, sink: StateSink) {
    this.#genesis = genesis;
    this.#sink = sink;
    this.#accounts = this.#builder();
    this.#slots = this.#builder();
  }

  /** Throws `ChainError` `invalid-snapshot`. */
  add(record: SnapshotRecord): void {
    const place = ORDER.indexOf(
      record.kind === 'code' || record.kind === 'slot' ? 'account' : record.kind,
    );
    if (place < this.#reached) throw invalidSnapshot(`a ${record.kind} out of order`);
    this.#reached = place;
    switch (record.kind) {
      case 'header':
        this.#addHeader(record.bytes);
        break;
      case 'account':
        this.#addAccount(record);
        break;
      case 'slot':
        this.#addSlot(record.hash, record.value);
        break;
      default:
        this.#addPiece(record.kind, record.bytes);
    }
  }

  /** Throws `invalid-snapshot` unless the state has exactly the root that the head's header names. */
  finish(): SnapshotBlock {
    this.#endAccount();
    if (this.#pieces.code.length > 0) throw invalidSnapshot('code of no account');
    const head = this.#headers[0];
    if (head === undefined) throw invalidSnapshot('it has no headers');
    const oldest = this.#headers.at(-1) ?? head;
    if (this.#headers.length !== Math.min(HEADERS, head.number + 1)) {
      throw invalidSnapshot(`it has ${this.#headers.length} headers`);
    }
    if (oldest.number === 0 && oldest.hash !== this.#genesis) {
      throw invalidSnapshot('it is of another chain');
    }
    const root = this.#accounts.finish();
    if (root !== head.stateRoot) {
      throw invalidSnapshot(
        `its state has root ${root}, block ${head.number} has ${head.stateRoot}`,
      );
    }
    return { headers: this.#headers, head, ...this.#blockOf(head) };
  }

  #addHeader(bytes: Uint8Array): void {
    const child = this.#headers.at(-1);
    const header = decodeSnapshotHeader(bytes);
    if (
      child !== undefined &&
      (header.hash !== child.parentHash || header.number !== child.number - 1)
    ) {
      throw invalidSnapshot(`a header that is not the parent of block ${child.number}`);
    }
    this.#headers.push(header);
  }

  #addPiece(kind: PieceKind, bytes: Uint8Array): void {
    if (kind === 'code') this.#endAccount();
    const all = this.#pieces[kind];
    const before = all.at(-1)?.length ?? PIECE_BYTES_MAX;
    if (before !== PIECE_BYTES_MAX) throw invalidSnapshot(`a ${kind} in pieces that are too small`);
    if ((all.length + 1) * PIECE_BYTES_MAX > WHOLE_BYTES_MAX) {
      throw invalidSnapshot(`a ${kind} that is too long`);
    }
    // A copy: the chunk that the piece is part of is not to be kept.
    all.push(Uint8Array.from(bytes));
  }

  #addAccount(account: Account): void {
    this.#endAccount();
    const { codeHash } = account;
    const code = this.#take('code');
    if (this.#codes.enters(codeHash) !== code.length > 0) {
      throw invalidSnapshot(`the code of account ${hashOf(account.hash)} is missing or told again`);
    }
    if (code.length > 0) {
      if (hashOf(keccak256(code)) !== codeHash) throw invalidSnapshot('code of another hash');
      this.#sink.code(codeHash, code);
    }
    this.#account = { ...account, hash: Uint8Array.from(account.hash) };
  }

  #addSlot(hash: Uint8Array, value: Uint8Array): void {
    if (this.#account === undefined || this.#pieces.code.length > 0) {
      throw invalidSnapshot('a slot of no account');
    }
    ascending(() => this.#slots.add(hash, encodeSlot(value)));
    this.#sink.slot(this.#account.hash, hash, value);
  }

  #endAccount(): void {
    if (this.#account === undefined) return;
    const { hash, nonce, balance, codeHash } = this.#account;
    const account = { nonce, balance, codeHash, storageRoot: this.#slots.finish() };
    ascending(() => this.#accounts.add(hash, encodeAccount(account)));
    this.#sink.account(hash, account);
    this.#account = undefined;
    this.#slots = this.#builder();
  }

  #blockOf(head: HeaderData): Omit<SnapshotBlock, 'headers' | 'head'> {
    const raw = this.#take('block');
    const block = decoded('block', () => decodeBlock(raw));
    const receiptBytes = this.#take('receipts');
    const receipts = decoded('receipts', () => decodeReceipts(receiptBytes));
    const { withdrawals } = block;
    const same =
      block.header.hash === head.hash &&
      orderedRoot(block.transactions) === head.transactionsRoot &&
      ommersHashOf(block.ommers) === head.ommersHash &&
      (withdrawals && withdrawalsRootOf(withdrawals)) === head.withdrawalsRoot &&
      receipts.length === block.transactions.length &&
      // One content has one form: what is taken is given on byte for byte.
      Buffer.compare(encodeReceipts(receipts), receiptBytes) === 0 &&
      orderedRoot(receipts.map(encodeReceipt)) === head.receiptsRoot;
    if (!same) throw invalidSnapshot(`its block is not block ${head.number}`);
    return { block, raw, receipts };
  }

  #take(kind: PieceKind): Uint8Array {
    const bytes = Buffer.concat(this.#pieces[kind]);
    this.#pieces[kind] = [];
    return bytes;
  }

  #builder(): SortedTrieBuilder {
    return new SortedTrieBuilder((hash, bytes) => this.#sink.node(hash, bytes));
  }
}

/** Throws `invalid-snapshot`. */
export function decodeSnapshotHeader(bytes: Uint8Array): HeaderData {
  return decoded('header', () => {
    const items = readRlp(bytes, 1);
    if (items instanceof Uint8Array) throw new RangeError('a header is a list');
    return headerOf(items);
  });
}

function decoded<Value>(what: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    throw invalidSnapshot(`a ${what} can not be decoded`, { reason: String(error) });
  }
}

function ascending(add: () => void): void {
  try {
    add();
  } catch (error) {
    if (error instanceof RangeError) throw invalidSnapshot('accounts or slots out of order');
    throw error;
  }
}
