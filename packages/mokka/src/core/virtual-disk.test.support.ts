/** The disk of a virtual node: writes are atomic and at once, reads are answered from its tables. */
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import type { MemoryTables } from '../storage/memory.ts';
import type { StorageOperation } from '../storage/storage.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Effect } from './effect.ts';
import type { Entry } from './entry.ts';
import type { Input } from './input.ts';
import type { Ticket } from './types.ts';

export interface VirtualDisk {
  readonly tables: MemoryTables;
  /** Writes that reached the disk. */
  synced: number;
}

/** Carries a write out; `node` is whose disk it is. */
export function persisted(
  node: VirtualDisk,
  effect: { ticket: Ticket; operations: readonly StorageOperation[] },
): Input {
  const { numbered, records } = node.tables;
  node.synced += 1;
  for (const operation of effect.operations) {
    if (operation.type === 'put-record') records.set(operation.name, operation.value);
    else if (operation.type === 'delete-record') records.delete(operation.name);
    else {
      const table = numbered.get(operation.table);
      if (operation.type === 'put') table?.set(operation.key, operation.value);
      for (const key of [...(table?.keys() ?? [])]) {
        const drop =
          (operation.type === 'delete' && key === operation.key) ||
          (operation.type === 'delete-from' && key >= operation.from) ||
          (operation.type === 'delete-below' && key < operation.below);
        if (drop) table?.delete(key);
      }
    }
  }
  return { type: 'persisted', ticket: effect.ticket };
}

/** Answers a read of stored entries. */
export function entriesRead(
  node: VirtualDisk,
  effect: Extract<Effect, { type: 'read-entries' }>,
): Input {
  const entries: Entry[] = [];
  let certificate: CommitCertificate | null = null;
  let bytes = 0;
  for (
    let index: number = effect.from;
    index <= effect.to && bytes <= effect.maxBytes;
    index += 1
  ) {
    const value = node.tables.numbered.get('entries')?.get(index);
    if (value === undefined) break;
    entries.push(decodeEntry(value));
    bytes += value.length;
    const stored = node.tables.numbered.get('certificates')?.get(index);
    if (stored !== undefined) certificate = decodeCertificate(stored);
  }
  return { type: 'entries-read', ticket: effect.ticket, entries, certificate };
}
