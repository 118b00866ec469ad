import { describe, expect, it } from 'vitest';
import { GroupCommit, TRANSACTION_MAX_BYTES } from './group-commit.ts';

/** Transactions that the test ends one by one. */
function createTransactions(): {
  readonly transact: (action: () => void) => Promise<void>;
  readonly begun: { readonly end: () => void; readonly fail: (error: Error) => void }[];
} {
  const begun: { end: () => void; fail: (error: Error) => void }[] = [];
  return {
    begun,
    transact: (action) =>
      new Promise((resolve, reject) => {
        action();
        begun.push({ end: resolve, fail: reject });
      }),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('GroupCommit', () => {
  it('has one transaction in flight and puts what comes meanwhile into the next', async () => {
    const { transact, begun } = createTransactions();
    const commit = new GroupCommit(transact);
    const log: string[] = [];
    const write = (name: string): Promise<void> =>
      commit.write([() => log.push(`run ${name}`)], 1).then(() => {
        log.push(`done ${name}`);
      });
    const first = [write('a'), write('b')];
    await turn();
    const later = [write('c'), write('d')];
    await turn();
    expect(begun).toHaveLength(1);
    expect(log).toEqual(['run a', 'run b']);
    begun[0]?.end();
    await Promise.all(first);
    await turn();
    expect(begun).toHaveLength(2);
    begun[1]?.end();
    await Promise.all(later);
    const ofKind = (kind: string): string[] => log.filter((line) => line.startsWith(kind));
    expect(ofKind('run')).toEqual(['run a', 'run b', 'run c', 'run d']);
    expect(ofKind('done')).toEqual(['done a', 'done b', 'done c', 'done d']);
    expect(log.indexOf('done b')).toBeLessThan(log.indexOf('done c'));
    await commit.drain();
  });

  it('never runs a write that follows a failed one, whether it was queued before or comes later', async () => {
    const { transact, begun } = createTransactions();
    const commit = new GroupCommit(transact);
    let ran = 0;
    const step = (): void => {
      ran += 1;
    };
    const failing = commit.write([step], 1);
    await turn();
    const queued = commit.write([step], 1);
    const outcomes = Promise.allSettled([failing, queued]);
    begun[0]?.fail(new Error('disk full'));
    expect((await outcomes).map((o) => o.status === 'rejected' && o.reason.code)).toEqual([
      'write-failed',
      'poisoned',
    ]);
    await expect(commit.write([step], 1)).rejects.toMatchObject({ code: 'poisoned' });
    expect(() => commit.assertUsable()).toThrow('disk full');
    await commit.drain();
    expect([ran, begun.length]).toEqual([1, 1]);
  });

  it('bounds the bytes of a transaction, but takes a larger single write', async () => {
    const { transact, begun } = createTransactions();
    const commit = new GroupCommit(transact);
    const counts: number[] = [];
    let ran = 0;
    const sizes = [TRANSACTION_MAX_BYTES + 1, 1, TRANSACTION_MAX_BYTES - 1, 1];
    const writes = sizes.map((bytes) =>
      commit.write(
        [
          () => {
            ran += 1;
          },
        ],
        bytes,
      ),
    );
    for (let i = 0; i < 3; i += 1) {
      await turn();
      counts.push(ran);
      begun[i]?.end();
    }
    await Promise.all(writes);
    expect(counts).toEqual([1, 3, 4]);
  });
});
