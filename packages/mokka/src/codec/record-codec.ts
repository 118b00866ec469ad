/** Encoding of the small durable records. */
import type { TermBinding } from '../core/restored-state.ts';
import type { Vote } from '../core/statements.ts';
import type { ClusterId, CrashModel, EntryHash, Epoch, NodeId, Term } from '../core/types.ts';
import { DecodeError } from './decode-error.ts';
import {
  decodeItem,
  encodeItem,
  type FieldReader,
  hexItem,
  type Item,
  integerItem,
  readFields,
} from './rlp.ts';
import { readStatementOf, statementItem } from './statement-codec.ts';

/** What a store belongs to, fixed when it is created. */
export interface StoreIdentity {
  readonly clusterId: ClusterId;
  readonly self: NodeId;
  readonly rootHash: EntryHash;
  readonly crashModel: CrashModel;
}

/** Terms are counted on within an epoch. In the first one, which all stores of before there were epochs are in, it is left out. */
export function encodeTerm(term: Term, epoch: Epoch): Uint8Array {
  return encodeItem([integerItem(term), ...epochItems(epoch)]);
}

/** Throws `DecodeError`, as every decoder here. */
export function decodeTerm(bytes: Uint8Array): { readonly term: Term; readonly epoch: Epoch } {
  return readFields(decodeItem(bytes), (fields) => ({
    term: fields.term(),
    epoch: readEpoch(fields),
  }));
}

function epochItems(epoch: Epoch): Item[] {
  return epoch === 0 ? [] : [integerItem(epoch)];
}

function readEpoch(fields: FieldReader): Epoch {
  if (fields.isAtEnd) return 0 as Epoch;
  const epoch = fields.epoch();
  if (epoch === 0) throw new DecodeError('bad-field', 'the first epoch is left out');
  return epoch;
}

export function encodeBinding(binding: TermBinding): Uint8Array {
  const { epoch, term, termStart } = binding;
  return encodeItem([
    integerItem(term),
    integerItem(termStart.index),
    hexItem(termStart.hash),
    ...epochItems(epoch),
  ]);
}

export function decodeBinding(bytes: Uint8Array): TermBinding {
  return readFields(decodeItem(bytes), (fields) => ({
    term: fields.term(),
    termStart: { index: fields.index(), hash: fields.hash() },
    epoch: readEpoch(fields),
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
