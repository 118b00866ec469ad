/** What a node is restored to when the application's certificate and the log's disk are not equally far. */
import { describe, expect, it } from 'vitest';
import type { ApplicationInfo } from '../application.ts';
import { encodeCertificate } from '../codec/certificate-codec.ts';
import type { CommitCertificate } from '../core/certificate.ts';
import { putEntry, RECORDS } from '../core/durability.ts';
import type { Entry } from '../core/entry.ts';
import {
  certificateOf,
  payloadOn,
  preparedBy,
  termStartOf,
  termVoteOf,
} from '../core/probe.test.support.ts';
import { TestApplication } from '../core/test-application.test.support.ts';
import { testOptions } from '../core/virtual-cluster.test.support.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import { createStore, RestoreError, restoreCore } from './restore.ts';

const options = testOptions(0, 3);
const { stateDigest } = new TestApplication().info();
const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);

/** Entries one above the other, starting with `first`. */
function chain(length: number, word: string): Entry[] {
  const entries = [first];
  let last = first;
  while (entries.length < length) {
    last = payloadOn(last, word);
    entries.push(last);
  }
  return entries;
}

function at(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index - 1];
  if (entry === undefined) throw new Error(`no entry ${index}`);
  return entry;
}

async function stored(
  entries: readonly Entry[],
  certificates: readonly CommitCertificate[],
  identity = options,
): Promise<MemoryStorage> {
  const storage = new MemoryStorage(new MemoryTables());
  await createStore(storage, identity);
  await storage.write([
    ...entries.flatMap(putEntry),
    ...certificates.map(
      (certificate) =>
        ({
          type: 'put',
          table: 'certificates',
          key: certificate.index,
          value: encodeCertificate(certificate),
        }) as const,
    ),
  ]);
  return storage;
}

function applied(entry: Entry, certificate: CommitCertificate): ApplicationInfo {
  const { index, hash } = entry;
  return { applied: { index, hash }, stateDigest, certificate: encodeCertificate(certificate) };
}

describe('Rule durability', () => {
  it('starts where entries that the application has a certificate against were not yet replaced on disk', async () => {
    const old = chain(6, 'old');
    const agreed = chain(5, 'agreed');
    const certificate = certificateOf(at(agreed, 5), [1, 2]);
    const storage = await stored(old, []);
    const restored = await restoreCore(storage, applied(first, certificate), options);
    expect(restored.base.id).toEqual({ index: 1, hash: first.hash });
    expect(restored.tail.map((entry) => entry.hash)).toEqual(old.slice(1).map(({ hash }) => hash));
    expect(restored.ahead).toEqual(certificate);
  });

  it('remembers what is committed when the application has a certificate above the log', async () => {
    const entries = chain(9, 'agreed');
    const known = certificateOf(at(entries, 6), [1, 2]);
    const ahead = certificateOf(at(entries, 9), [1, 2]);
    const storage = await stored(entries.slice(0, 7), [known]);
    const restored = await restoreCore(storage, applied(at(entries, 2), ahead), options);
    expect(restored.base).toMatchObject({ id: { index: 6 }, certificate: known });
    expect(restored.ahead).toEqual(ahead);
  });

  it('takes the higher certificate of the two when its entry is stored', async () => {
    const entries = chain(6, 'agreed');
    const given = certificateOf(at(entries, 5), [1, 2]);
    const storage = await stored(entries, [certificateOf(at(entries, 3), [1, 2])]);
    const restored = await restoreCore(storage, applied(at(entries, 4), given), options);
    expect(restored.base).toMatchObject({ id: { index: 5 }, certificate: given });
    expect(restored.ahead).toBeNull();
  });

  it('Rule lock in BFT: takes the highest certificate whose entry is stored, of the lock or of the log', async () => {
    const bft = testOptions(0, 4, {}, 'BFT');
    const entries = chain(6, 'agreed');
    const committed = certificateOf(at(entries, 3), [1, 2, 3]);
    for (const [lock, expected] of [
      [preparedBy(at(entries, 5), [1, 2, 3]), 5],
      [preparedBy(at(chain(6, 'dropped'), 5), [1, 2, 3]), 3],
      [preparedBy(at(entries, 2), [1, 2, 3]), 3],
      [null, 3],
    ] as const) {
      const storage = await stored(entries, [committed], bft);
      if (lock !== null) {
        const value = encodeCertificate(lock);
        await storage.write([{ type: 'put-record', name: RECORDS.lock, value }]);
      }
      const restored = await restoreCore(storage, applied(at(entries, 2), committed), bft);
      expect(restored.lockCertificate?.index).toBe(expected);
      expect(restored.savedLockCertificate).toEqual(lock);
    }
  });

  it('refuses a log that contradicts what is applied', async () => {
    const agreed = chain(3, 'agreed');
    const certificate = certificateOf(at(agreed, 3), [1, 2]);
    const storage = await stored(chain(4, 'old'), []);
    await expect(
      restoreCore(storage, applied(at(agreed, 3), certificate), options),
    ).rejects.toThrow(RestoreError);
    const short = await stored(agreed.slice(0, 2), []);
    await expect(restoreCore(short, applied(at(agreed, 3), certificate), options)).rejects.toThrow(
      RestoreError,
    );
  });

  it('refuses a log that ends below what is applied', async () => {
    const entries = chain(4, 'agreed');
    const storage = await stored(entries.slice(0, 3), []);
    const info = { ...applied(at(entries, 4), certificateOf(at(entries, 4), [1, 2])) };
    const damaged = { code: 'store-damaged', message: expect.stringContaining('ends at 3') };
    await expect(restoreCore(storage, info, options)).rejects.toMatchObject(damaged);
  });

  it('refuses a log with a gap, or an entry that does not follow the one before', async () => {
    const entries = chain(6, 'agreed');
    const other = at(chain(6, 'other'), 5);
    const committed = certificateOf(at(entries, 3), [1, 2]);
    for (const kept of [
      entries.filter(({ index }) => index !== 5),
      entries.map((entry) => (entry.index === 5 ? other : entry)),
    ]) {
      const storage = await stored(kept, [committed]);
      const restored = restoreCore(storage, applied(at(entries, 3), committed), options);
      await expect(restored).rejects.toMatchObject({ code: 'store-damaged' });
    }
  });
});
