/** Says what a transaction of a node holds. */
import { decodeCertificate, decodeLockCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeMessage } from '../codec/message-codec.ts';
import { decodePruning, RECORDED_SNAPSHOT } from '../codec/snapshot-codec.ts';
import type { Effect } from '../core/effect.ts';
import { PRUNING_RECORD } from '../core/pruning.ts';
import type { Printer } from './printer.test.support.ts';

type Write = Extract<Effect, { type: 'persist' }>;

/** What a transaction holds, without what follows from the rest of it. */
export function contentOf(printer: Printer, { operations }: Write): string {
  const parts: string[] = [];
  for (const operation of operations) {
    if (operation.type === 'put' && operation.table === 'entries') {
      parts.push(printer.entry(decodeEntry(operation.value)));
    } else if (operation.type === 'put' && operation.table === 'votes') {
      parts.push('vote');
    } else if (operation.type === 'put' && operation.table === 'commit-votes') {
      parts.push('commit vote');
    } else if (operation.type === 'put' && operation.table === 'evidence') {
      parts.push('evidence');
    } else if (operation.type === 'put-record' && operation.name === 'lock') {
      parts.push(`lock ${printer.id(decodeLockCertificate(operation.value))}`);
    } else if (operation.type === 'delete-record' && operation.name === 'lock') {
      parts.push('no lock');
    } else if (operation.type === 'put' && operation.table === 'certificates') {
      parts.push(printer.certificate(decodeCertificate(operation.value)));
    } else if (operation.type === 'delete-from' && operation.table === 'entries') {
      parts.push(`drop from ${operation.from}`);
    } else if (operation.type === 'put-record' && operation.name === 'term-vote') {
      const message = decodeMessage(operation.value);
      if (message.type === 'term-vote') parts.push(`term-vote T${message.termVote.term}`);
    } else if (operation.type === 'put-record' && operation.name === 'binding') {
      parts.push('binding');
    } else if (operation.type === 'put-record' && operation.name === RECORDED_SNAPSHOT) {
      parts.push('what completes the snapshot');
    } else if (operation.type === 'delete-record' && operation.name === RECORDED_SNAPSHOT) {
      parts.push('no snapshot any more');
    } else if (operation.type === 'put-record' && operation.name === PRUNING_RECORD) {
      parts.push(`log begins at ${decodePruning(operation.value).lowest}`);
    }
  }
  return parts.length === 0 ? 'its term' : parts.join(' + ');
}
