/** The log in a node's data folder. It is only read, so the node may run meanwhile. */
import { existsSync } from 'node:fs';
import type { Genesis } from '@praline/chain';
import {
  LmdbStorage,
  type NumberedTable,
  type NumberedValue,
  type Storage,
  StorageError,
} from 'mokka';
import { decodeCertificate } from 'mokka/certificates';
import { decodeMarker } from '../chain-thread/commit-marker.ts';
import { ConfigError } from '../config/config-error.ts';
import { folderError, nodeFolder } from '../config/node-folder.ts';
import {
  type LogExtent,
  type LogRecord,
  type LogSource,
  UnreadableEntryError,
} from './log-source.ts';

const MAX_READ_BYTES = 8 * 1024 * 1024;

/** Throws `ConfigError`: `data-missing`, `genesis-mismatch`, `data-unusable`. */
export async function openStoredLog(dataPath: string, genesis: Genesis): Promise<LogSource> {
  const folder = nodeFolder(dataPath);
  if (!existsSync(folder.consensus) || !existsSync(folder.chain)) {
    throw new ConfigError(
      'data-missing',
      dataPath,
      `${dataPath} holds no node's data. Name the folder of one node, such as cluster/data/1.`,
    );
  }
  try {
    const { readChainPosition } = await import('@praline/chain/reading');
    // The chain first: the log is never behind it.
    const { head, marker } = await readChainPosition(folder.chain, genesis);
    const applied = marker === null ? null : decodeMarker(marker);
    const storage = await LmdbStorage.open(folder.consensus, { readOnly: true });
    return new StoredLogSource(storage, {
      certificate: applied?.certificate ?? null,
      chain:
        applied === null
          ? null
          : {
              appliedIndex: applied.applied.index,
              appliedHash: applied.applied.hash,
              headNumber: head.number,
              headHash: head.hash,
            },
    });
  } catch (error) {
    throw folderError(dataPath, error);
  }
}

export interface ChainBesideLog {
  readonly chain: LogExtent['chain'];
  /** Encoded; the storage's own certificates may be a moment behind it. */
  readonly certificate: Uint8Array | null;
}

export class StoredLogSource implements LogSource {
  readonly #storage: Storage;
  readonly #chain: LogExtent['chain'];
  readonly #newest: { readonly index: number; readonly bytes: Uint8Array } | null;

  /** Closes the storage with itself. */
  constructor(storage: Storage, { chain, certificate }: ChainBesideLog) {
    this.#storage = storage;
    this.#chain = chain;
    this.#newest =
      certificate === null
        ? null
        : { index: decodeCertificate(certificate).index, bytes: certificate };
  }

  async extent(): Promise<LogExtent> {
    const [first] = await this.#storage.range('entries', 1, Number.MAX_SAFE_INTEGER, {
      maxCount: 1,
      maxBytes: 1,
    });
    const start = first?.key ?? 1;
    return {
      first: start,
      memberships: start === 1 ? [] : await this.#memberships(start - 1),
      last: (await this.#storage.lastKey('entries')) ?? 0,
      committed: this.#chain?.appliedIndex ?? 0,
      chain: this.#chain,
    };
  }

  async read(from: number, maxCount: number): Promise<readonly LogRecord[]> {
    const entries = await this.#range('entries', from, from + maxCount - 1);
    const last = entries.values.at(-1)?.key ?? from;
    const certificates = await this.#range('certificates', from, last);
    const damage = [entries.damage, certificates.damage]
      .filter((one) => one !== null)
      .sort((left, right) => left.index - right.index)[0];
    const records = entries.values.filter(({ key }) => key < (damage?.index ?? Infinity));
    // What is before the damage is read and judged first.
    if (damage !== undefined && records.length === 0) throw damage;
    const byIndex = new Map(certificates.values.map(({ key, value }) => [key, value]));
    return records.map(({ key, value }) => ({
      index: key,
      entry: value,
      certificate: byIndex.get(key) ?? (this.#newest?.index === key ? this.#newest.bytes : null),
    }));
  }

  async #memberships(last: number): Promise<readonly LogRecord[]> {
    const limits = {
      maxCount: Number.MAX_SAFE_INTEGER,
      maxBytes: Number.MAX_SAFE_INTEGER,
    };
    const entries = await this.#storage.range('memberships', 1, last, limits);
    const certificates = entries.map(({ key }) => this.#storage.get('certificates', key));
    const found = await Promise.all(certificates);
    return entries.map(({ key, value }, at) => ({
      index: key,
      entry: value,
      certificate: found[at] ?? null,
    }));
  }

  close(): Promise<void> {
    return this.#storage.close();
  }

  async #range(table: NumberedTable, from: number, to: number): Promise<ReadValues> {
    const limits = { maxCount: to - from + 1, maxBytes: MAX_READ_BYTES };
    try {
      return { values: await this.#storage.range(table, from, to, limits), damage: null };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return await this.#upToDamage(table, from, to);
    }
  }

  /** Value by value, since a range does not tell which one is damaged. */
  async #upToDamage(table: NumberedTable, from: number, to: number): Promise<ReadValues> {
    const values: NumberedValue[] = [];
    for (let key = from; key <= to; key += 1) {
      try {
        const value = await this.#storage.get(table, key);
        if (value !== undefined) values.push({ key, value });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const what = table === 'entries' ? 'it' : 'its certificate';
        const damage = new UnreadableEntryError(key, `${what} can not be read: ${reason}`, {
          cause: error,
        });
        return { values, damage };
      }
    }
    return { values, damage: null };
  }
}

interface ReadValues {
  readonly values: readonly NumberedValue[];
  /** The first value that can not be read; none is read from there on. */
  readonly damage: UnreadableEntryError | null;
}
