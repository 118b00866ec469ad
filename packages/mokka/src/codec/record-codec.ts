/** Encoding of the small durable records. */
import type { TermBinding } from '../core/restored-state.ts';
import type { Vote } from '../core/statements.ts';
import type { ClusterId, CrashModel, EntryHash, Epoch, NodeId, Term } from '../core/types.ts';
import { decodeItem, encodeItem, hexItem, integerItem, readFields } from './rlp.ts';
import { readStatementOf, statementItem } from './statement-codec.ts';

/** What a store belongs to, fixed when it is created. */
export interface StoreIdentity {
  readonly clusterId: ClusterId;
  readonly self: NodeId;
  readonly rootHash: EntryHash;
  readonly crashModel: CrashModel;
}

/** Terms are counted on within an epoch. Stores of before there were epochs hold the term alone. */
export function encodeTerm(term: Term, epoch: Epoch): Uint8Array {
  return encodeItem([integerItem(term), integerItem(epoch)]);
}

/** Throws `DecodeError`, as every decoder here. */
export function decodeTerm(bytes: Uint8Array): { readonly term: Term; readonly epoch: Epoch } {
  return readFields(decodeItem(bytes), (fields) => ({
    term: fields.term(),
    epoch: fields.isAtEnd ? (0 as Epoch) : fields.epoch(),
  }));
}

export function encodeBinding(binding: TermBinding): Uint8Array {
  const { term, termStart } = binding;
  return encodeItem([integerItem(term), integerItem(termStart.index), hexItem(termStart.hash)]);
}

export function decodeBinding(bytes: Uint8Array): TermBinding {
  return readFields(decodeItem(bytes), (fields) => ({
    term: fields.term(),
    termStart: { index: fields.index(), hash: fields.hash() },
  }));
}

export function encodeVote(vote: Vote): Uint8Array {
  return encodeItem(statementItem(vote));
}

export function decodeVote(bytes: Uint8Array): Vote {
  return readStatementOf('vote', decodeItem(bytes));
}

export function encodeStoreIdentity(identity: StoreIdentity): Uint8Array {
  return encodeItem([
    hexItem(identity.clusterId),
    hexItem(identity.self),
    hexItem(identity.rootHash),
    integerItem(identity.crashModel === 'CFT' ? 0 : 1),
  ]);
}

export function decodeStoreIdentity(bytes: Uint8Array): StoreIdentity {
  return readFields(decodeItem(bytes), (fields) => ({
    clusterId: fields.clusterId(),
    self: fields.nodeId(),
    rootHash: fields.hash(),
    crashModel: fields.boolean() ? 'BFT' : 'CFT',
  }));
}
