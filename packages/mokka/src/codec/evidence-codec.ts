/** Encoding of evidence: the two signed statements that contradict each other, and nothing else. */
import type { Evidence } from '../core/evidence.ts';
import { DecodeError } from './decode-error.ts';
import { decodeItem, encodeItem, type Item, readFields } from './rlp.ts';
import { readStatement, statementItem } from './statement-codec.ts';

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encodeItem(evidenceItem(evidence));
}

/** Throws {@link DecodeError}. Whether the statements contradict each other, and their signatures, are not checked here. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  return readEvidence(decodeItem(bytes));
}

export function evidenceItem(evidence: Evidence): Item {
  return [statementItem(evidence.first), statementItem(evidence.second)];
}

export function readEvidence(item: Item): Evidence {
  return readFields(item, (fields) => {
    const first = readStatement(fields.item());
    const second = readStatement(fields.item());
    if (first.type === 'vote' && second.type === 'vote') {
      return { kind: 'double-vote', first, second };
    }
    if (first.type === 'term-vote' && second.type === 'term-vote') {
      return { kind: 'double-term-vote', first, second };
    }
    throw new DecodeError('wrong-shape', `${first.type} and ${second.type} are no evidence`);
  });
}
