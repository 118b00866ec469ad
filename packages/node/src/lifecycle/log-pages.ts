/** The committed log in pages, for those who verify it: entries as they are stored, each with the certificate that names it. */
import { encodeCertificate, type Mokka, type Storage } from 'mokka';
import type { LogPageReport } from '../threads/membership-contract.ts';

/** Entries in one page. */
const MAX_PAGE_ENTRIES = 256;
/** Bytes of a page's entries, after the first; an answer has twice as many characters. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

export class LogPages {
  readonly #mokka: Mokka;
  readonly #storage: Pick<Storage, 'range'>;

  constructor(mokka: Mokka, storage: Pick<Storage, 'range'>) {
    this.#mokka = mokka;
    this.#storage = storage;
  }

  /** Entries `from` to at most `from + count - 1`, fewer when they pass a page's bounds; none above what is committed. */
  async page(from: number, count: number): Promise<LogPageReport> {
    const { commitIndex } = this.#mokka.status();
    const { certificate: newest } = this.#mokka.getInfo();
    const to = Math.min(from + Math.min(count, MAX_PAGE_ENTRIES) - 1, commitIndex);
    const limits = { maxCount: MAX_PAGE_ENTRIES, maxBytes: MAX_PAGE_BYTES };
    const entries = to < from ? [] : await this.#storage.range('entries', from, to, limits);
    const last = entries.at(-1)?.key ?? 0;
    const stored = entries.length === 0 ? [] : await this.#certificates(from, last);
    const certificates = new Map(stored.map(({ key, value }) => [key, value]));
    if (newest !== null && !certificates.has(newest.index)) {
      certificates.set(newest.index, encodeCertificate(newest));
    }
    const [first] = await this.#storage.range('entries', 1, commitIndex, {
      maxCount: 1,
      maxBytes: 1,
    });
    const firstIndex = first?.key ?? 1;
    return {
      commitIndex,
      firstIndex,
      memberships: from < firstIndex ? await this.#memberships(from, firstIndex - 1) : [],
      entries: entries.map(({ key, value }) => record(key, value, certificates.get(key))),
    };
  }

  /** Those that are kept of the entries which are not, within the bounds of a page. */
  async #memberships(from: number, to: number): Promise<LogPageReport['memberships']> {
    const limits = { maxCount: MAX_PAGE_ENTRIES, maxBytes: MAX_PAGE_BYTES };
    const entries = await this.#storage.range('memberships', from, to, limits);
    return await Promise.all(
      entries.map(async ({ key, value }) => {
        const [certificate] = await this.#certificates(key, key);
        return record(key, value, certificate?.value);
      }),
    );
  }

  #certificates(from: number, to: number) {
    const limits = { maxCount: MAX_PAGE_ENTRIES, maxBytes: Number.MAX_SAFE_INTEGER };
    return this.#storage.range('certificates', from, to, limits);
  }
}

function record(
  index: number,
  entry: Uint8Array,
  certificate: Uint8Array | undefined,
): LogPageReport['entries'][number] {
  return {
    index,
    entry: hex(entry),
    certificate: certificate === undefined ? null : hex(certificate),
  };
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`;
}
