import type { EntryHash, EntryId, LogIndex, SnapshotManifest, StateDigest } from 'mokka';
import { encodeCertificate } from 'mokka/certificates';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  addressOf,
  certificateFor,
  entryOn,
  Replica,
  ROOT,
  type TestClock,
  testFolder,
} from './replica.test.support.ts';

const CERTIFICATE = Buffer.of(1, 2, 3);
/** Bound of a node that has committed everything there is. */
const ANY = Number.MAX_SAFE_INTEGER as LogIndex;

/** `source` has applied the entries that it answers; the others are new. */
async function replicas() {
  const folder = testFolder();
  const clock: TestClock = { unixTime: 1_800_000_000_000, now: 0 };
  const create = async () => {
    const replica = await Replica.create(folder, clock);
    onTestFinished(() => replica.chain.close());
    return replica;
  };
  const [source, newcomer] = [await create(), await create()];
  let tip: EntryId = ROOT;
  for (let block = 0; block < 3; block += 1) {
    source.addTransfer();
    clock.unixTime += 1_000;
    tip = (await source.step(tip)) ?? tip;
  }
  // An entry without a block, so that indexes and block numbers differ.
  const start = entryOn(tip, { timestamp: clock.unixTime, kind: 'term-start', term: 2 });
  await source.application.processProposal(start);
  await source.application.commit([start], certificateFor(start));
  return { source, newcomer, tip: { index: start.index, hash: start.hash }, clock };
}

async function offer({ snapshots }: Replica, minimum = 0): Promise<SnapshotManifest> {
  const manifest = await snapshots.offerSnapshot(minimum as LogIndex, ANY);
  if (manifest === null) {
    throw new Error('nothing is offered');
  }
  return manifest;
}

/** Chunks that are not there yet, the last first. */
async function transfer(source: Replica, to: Replica, manifest: SnapshotManifest): Promise<void> {
  const here = await to.snapshots.beginRestore(manifest);
  for (const chunk of [...manifest.chunks.keys()].reverse()) {
    const bytes = await source.snapshots.snapshotChunk(manifest.entry, chunk);
    if (bytes === null) {
      throw new Error(`chunk ${chunk} is not kept`);
    }
    if (!here.includes(chunk)) {
      await to.snapshots.restoreChunk(chunk, bytes);
    }
  }
}

describe('a snapshot of the chain (Rule snapshot)', () => {
  it('is named by the applied entry and the digest that the next entry carries', async () => {
    const { source, tip } = await replicas();
    const { stateDigest } = await source.application.info();
    expect(await offer(source)).toMatchObject({ entry: tip, stateDigest });
    expect(await offer(source, tip.index)).toMatchObject({ entry: tip });
    expect(await source.snapshots.offerSnapshot((tip.index + 1) as LogIndex, ANY)).toBeNull();
    const other: EntryId = { ...tip, hash: 'ff'.repeat(32) as EntryHash };
    expect(await source.snapshots.snapshotChunk(other, 0)).toBeNull();
    expect(await source.snapshots.snapshotChunk(tip, 99)).toBeNull();
  });

  it('is not offered by a chain that has applied nothing', async () => {
    const { newcomer } = await replicas();
    expect(await newcomer.snapshots.offerSnapshot(0 as LogIndex, ANY)).toBeNull();
  });

  it('brings a new node to its entry, with the certificate, for good', async () => {
    const { source, newcomer, tip, clock } = await replicas();
    newcomer.addTransfer();
    const manifest = await offer(source);
    await transfer(source, newcomer, manifest);
    const info = await newcomer.snapshots.finishRestore(CERTIFICATE);
    const { stateDigest } = await source.application.info();
    expect(info).toEqual({ applied: tip, stateDigest, certificate: CERTIFICATE });
    expect(newcomer.blocks.map(({ entryIndex }) => entryIndex)).toEqual([tip.index]);
    // Its pool follows: the nonce was used.
    expect(newcomer.pool.status()).toEqual({ pending: 0, queued: 0 });
    expect(newcomer.pool.pendingNonce(addressOf(0))).toBe(3n);

    const restarted = await newcomer.restart();
    onTestFinished(() => restarted.chain.close());
    await restarted.snapshots.removeLeftovers();
    expect(await restarted.application.info()).toEqual(info);
    source.addTransfer();
    clock.unixTime += 1_000;
    const next = await source.step(tip);
    if (next === null) {
      throw new Error('nothing was proposed');
    }
    const { stateDigest: after } = await source.application.info();
    expect(await restarted.application.processProposal(next)).toEqual({
      accepted: true,
      stateDigest: after,
    });
    const committed = await restarted.application.commit([next], certificateFor(next));
    expect(committed).toEqual({ stateDigest: after });
    expect((await restarted.application.info()).certificate).toEqual(
      encodeCertificate(certificateFor(next)),
    );
  });

  it('takes the place of what was accepted; entries above it are processed again', async () => {
    const { source, newcomer, tip } = await replicas();
    newcomer.addTransfer();
    const accepted = await newcomer.propose(ROOT);
    if (accepted === null) {
      throw new Error('nothing was proposed');
    }
    await newcomer.application.processProposal(accepted);
    await transfer(source, newcomer, await offer(source));
    await newcomer.snapshots.finishRestore(CERTIFICATE);
    const above = entryOn(accepted, { timestamp: 0 });
    expect(await newcomer.application.processProposal(above)).toMatchObject({ accepted: false });
    const start = entryOn(tip, { timestamp: 0, kind: 'term-start', term: 3 });
    expect(await newcomer.application.processProposal(start)).toMatchObject({ accepted: true });
  });

  it('goes on after a restart with the chunks that are here', async () => {
    const { source, newcomer } = await replicas();
    const manifest = await offer(source);
    await transfer(source, newcomer, manifest);
    const restarted = await newcomer.restart();
    onTestFinished(() => restarted.chain.close());
    await restarted.snapshots.removeLeftovers();
    const all = [...manifest.chunks.keys()];
    expect(await restarted.snapshots.beginRestore(manifest)).toEqual(all);
    await restarted.snapshots.finishRestore(CERTIFICATE);
    await expect(restarted.snapshots.finishRestore(CERTIFICATE)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('is refused on its first chunk when its digest is of another state, and the old state goes on', async () => {
    const { source, newcomer } = await replicas();
    const before = await newcomer.application.info();
    const manifest = await offer(source);
    const forged = { ...manifest, stateDigest: 'ab'.repeat(32) as StateDigest };
    await expect(transfer(source, newcomer, forged)).rejects.toMatchObject({
      code: 'invalid-snapshot',
    });
    expect(await newcomer.application.info()).toEqual(before);
    newcomer.addTransfer();
    expect(await newcomer.step(ROOT)).not.toBeNull();
  });

  it('is not taken at or below what is applied', async () => {
    const { source, newcomer } = await replicas();
    const manifest = await offer(source);
    await transfer(source, newcomer, manifest);
    await newcomer.snapshots.finishRestore(CERTIFICATE);
    await expect(newcomer.snapshots.beginRestore(manifest)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('that the log has overtaken is forgotten at the next start', async () => {
    const { source, newcomer, clock } = await replicas();
    const manifest = await offer(source);
    await transfer(source, newcomer, manifest);
    let tip: EntryId = ROOT;
    for (let block = 0; block < manifest.entry.index; block += 1) {
      newcomer.addTransfer();
      clock.unixTime += 1_000;
      tip = (await newcomer.step(tip)) ?? tip;
    }
    const restarted = await newcomer.restart();
    onTestFinished(() => restarted.chain.close());
    expect(await restarted.chain.restore.stored()).toBeDefined();
    await restarted.snapshots.removeLeftovers();
    expect(await restarted.chain.restore.stored()).toBeUndefined();
  });
});
