/** Rule *snapshot*: nodes that are far behind take a snapshot and go on, whatever happens on the way. */
import { describe, expect, it } from 'vitest';
import type { Message } from './message.ts';
import {
  commit,
  DISTANCE,
  expectGoesOn,
  startedCluster,
  tookSnapshot,
  withOneBehind,
} from './snapshot-cluster.test.support.ts';
import type { SnapshotOffer } from './snapshot-exchange.ts';
import type { EntryHash, LogIndex } from './types.ts';
import type { VirtualCluster } from './virtual-cluster.test.support.ts';

function storedIndexes(cluster: VirtualCluster, number: number): number[] {
  const entries = cluster.node(number).tables.numbered.get('entries');
  return [...(entries?.keys() ?? [])].sort((left, right) => left - right);
}

describe.each(['CFT', 'BFT'] as const)('a node that is far behind in %s', (crashModel) => {
  const count = crashModel === 'CFT' ? 3 : 4;

  it('takes a snapshot, goes on from it, and starts again from it', async () => {
    const { cluster, late } = await withOneBehind(count, crashModel);
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late));
    expectGoesOn(cluster);
    const lowest = cluster.node(late).running.position().lowest;
    expect(lowest).toBeGreaterThan(DISTANCE);
    cluster.until(() => storedIndexes(cluster, late)[0] === lowest);
    cluster.crash(late);
    await cluster.start(late);
    expect(cluster.node(late).running.position().lowest).toBe(lowest);
    expectGoesOn(cluster, 'after a restart');
  });

  it('comes back as the same node when power fails at any write on the way', async () => {
    const reference = await withOneBehind(count, crashModel);
    const before = reference.cluster.node(reference.late).synced;
    await reference.cluster.start(reference.late);
    reference.cluster.until(() => tookSnapshot(reference.cluster, reference.late));
    reference.cluster.pass(100);
    const writes = reference.cluster.node(reference.late).synced - before;
    expect(writes).toBeGreaterThan(3);
    for (let at = 0; at <= writes; at += 1) {
      const { cluster, late } = await withOneBehind(count, crashModel);
      await cluster.start(late);
      const node = cluster.node(late);
      cluster.until(() => node.synced >= before + at || node.core === null);
      cluster.crash(late);
      await cluster.start(late);
      expectGoesOn(cluster);
    }
  });

  it('comes back as the same node when power fails at any call of the application', async () => {
    for (const call of ['begin-restore', 'chunk 0', 'chunk 3', 'record', 'finished'] as const) {
      const { cluster, late } = await withOneBehind(count, crashModel);
      await cluster.start(late);
      const node = cluster.node(late);
      const { snapshots, application, tables } = node;
      cluster.until(() => {
        if (call === 'begin-restore') return snapshots.taking !== null;
        if (call === 'chunk 0') return snapshots.received === 1;
        if (call === 'chunk 3') return snapshots.received === 4;
        if (call === 'record') return tables.records.has('snapshot');
        return application.committed.length > 2 * DISTANCE;
      });
      if (call === 'finished') expect(node.tables.records.has('snapshot')).toBe(true);
      const received = snapshots.received;
      cluster.crash(late);
      await cluster.start(late);
      expectGoesOn(cluster);
      // What was here is not fetched again.
      if (call === 'chunk 3') expect(snapshots.received - received).toBeLessThan(6);
      expect(node.tables.records.has('snapshot')).toBe(false);
    }
  });
});

describe('a stored tail that leads through the snapshot', () => {
  it('stays, and what is missing above it is added', async () => {
    const cluster = await startedCluster(3);
    const late = [...cluster.nodes.keys()].findLast((number) => number !== cluster.leader()) ?? 0;
    const others = [0, 1, 2].filter((number) => number !== late);
    const commitThere = (word: string) => {
      cluster.submit(word);
      cluster.until(() => others.every((number) => cluster.committed(number).includes(word)));
    };
    // It stores proposals and never hears that they are committed.
    const isKept = ({ type }: Message) => type === 'certificate' || type === 'entries';
    cluster.link = (_from, to, message) => to !== late || !isKept(message);
    for (let at = 0; at < DISTANCE; at += 1) commitThere(`stored ${at}`);
    cluster.until(() => cluster.node(late).running.status().lastIndex > DISTANCE);
    const made = others.map((number) => cluster.node(number).snapshots.offer(1)?.entry.index ?? 0);
    commitThere('stored above');
    cluster.until(() => cluster.node(late).running.status().lastIndex > Math.max(...made));
    const before = cluster.node(late).running.status();
    expect(before.commitIndex).toBeLessThanOrEqual(1);
    // Then it misses proposals too, and hears of what is committed above them.
    cluster.link = (_from, to, { type }) =>
      to !== late || (type !== 'propose' && type !== 'entries');
    for (let at = 0; at < DISTANCE; at += 1) commitThere(`missed ${at}`);
    cluster.until(() => tookSnapshot(cluster, late));
    const { lastIndex, commitIndex } = cluster.node(late).running.status();
    expect(commitIndex).toBeGreaterThan(Math.max(...made));
    expect(lastIndex).toBeGreaterThanOrEqual(before.lastIndex);
    cluster.link = () => true;
    expectGoesOn(cluster);
    expect(cluster.node(late).running.position().lowest).toBe(1);
    const { last } = cluster.node(late).running.position();
    expect(storedIndexes(cluster, late)).toEqual(
      Array.from({ length: last.index }, (_, at) => at + 1),
    );
  });
});

describe('a search for a snapshot', () => {
  it('does not hold up entries when nobody offers one', async () => {
    const { cluster, late } = await withOneBehind(3);
    cluster.tamper = (_from, _to, message) =>
      message.type === 'snapshot-offer' ? { ...message, offer: null } : message;
    await cluster.start(late);
    expectGoesOn(cluster);
    expect(tookSnapshot(cluster, late)).toBe(false);
    expect(storedIndexes(cluster, late)[0]).toBe(1);
  });

  it('goes on with entries when requests are not answered at all', async () => {
    const { cluster, late } = await withOneBehind(3);
    cluster.link = (_from, _to, message) => message.type !== 'snapshot-offer';
    await cluster.start(late);
    expectGoesOn(cluster);
  });

  it('is not begun by a node whose application has no snapshots', async () => {
    const { cluster, late } = await withOneBehind(3);
    cluster.node(late).options = { ...cluster.node(late).options, snapshots: false };
    await cluster.start(late);
    expectGoesOn(cluster);
    expect(cluster.node(late).sentOf('snapshot-request')).toEqual([]);
  });
});

type Forgery = (offer: SnapshotOffer, cluster: VirtualCluster) => SnapshotOffer;
const anyHash = 'ab'.repeat(32);

const FORGERIES: Readonly<Record<string, Forgery>> = {
  'a state of its own': (offer) => {
    const stateDigest = anyHash as SnapshotOffer['manifest']['stateDigest'];
    return { ...offer, manifest: { ...offer.manifest, stateDigest } };
  },
  'a certificate without a quorum': (offer) => {
    const votes = offer.certificate.votes.slice(0, 1);
    return { ...offer, certificate: { ...offer.certificate, votes } };
  },
  'a certificate with wrong signatures': (offer) => {
    const votes = offer.certificate.votes.map((vote, at) => ({
      ...vote,
      signature: offer.certificate.votes[at === 0 ? 1 : 0]?.signature ?? vote.signature,
    }));
    return { ...offer, certificate: { ...offer.certificate, votes } };
  },
  'a certificate of another epoch': (offer) => {
    const epoch = 1 as typeof offer.certificate.epoch;
    return { ...offer, certificate: { ...offer.certificate, epoch } };
  },
  'a certificate of another entry': (offer) => {
    const certificate = { ...offer.certificate, hash: anyHash as EntryHash };
    return { ...offer, certificate };
  },
  'a certificate of another term': (offer) => {
    const term = (offer.certificate.term + 1) as typeof offer.certificate.term;
    return { ...offer, certificate: { ...offer.certificate, term } };
  },
  'entries that do not link': (offer) => ({ ...offer, next: offer.next.slice(1) }),
  'no entry above': (offer) => ({ ...offer, next: [] }),
  'another entry as its base': (offer, cluster) => {
    const base = cluster.node(0).application.committed[offer.base.index - 2] ?? offer.base;
    const { index, hash } = base;
    return { ...offer, base, manifest: { ...offer.manifest, entry: { index, hash } } };
  },
  'memberships that nobody can know': (offer) => ({
    ...offer,
    memberships: [{ entry: offer.base, certificate: offer.certificate }],
  }),
};

describe('a forged offer', () => {
  it.each(Object.keys(FORGERIES))('with %s is refused before any chunk', async (kind) => {
    const { cluster, late } = await withOneBehind(4, 'BFT');
    const forge = FORGERIES[kind] ?? ((offer: SnapshotOffer) => offer);
    const liar = [0, 1, 2, 3].find((n) => n !== late && n !== cluster.leader()) ?? 0;
    const forged = (from: number, message: Message): Message =>
      from === liar && message.type === 'snapshot-offer' && message.offer !== null
        ? { ...message, offer: forge(message.offer, cluster) }
        : message;
    cluster.tamper = (from, _to, message) => forged(from, message);
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late));
    expectGoesOn(cluster);
    const asked = cluster.node(late).sent.filter(({ message }) => message.type === 'chunk-request');
    const toLiar = asked.filter(({ to }) => to === cluster.node(liar).options.self);
    expect(toLiar).toEqual([]);
    const errors = cluster.node(late).events.filter((event) => event.type === 'error');
    expect(errors.map(({ code }) => code)).toContain('snapshot-refused');
  });
});

describe('chunks of a liar', () => {
  const corrupt = (message: Message, chunk: number): Message => {
    if (message.type !== 'chunk' || message.chunk !== chunk || message.bytes === null) {
      return message;
    }
    return { ...message, bytes: message.bytes.map((byte) => byte ^ 1) };
  };

  it.each([0, 4])('cost one refusal: number %i is another one', async (chunk) => {
    const { cluster, late } = await withOneBehind(4, 'BFT');
    const liar = [0, 1, 2, 3].find((n) => n !== late && n !== cluster.leader()) ?? 0;
    cluster.tamper = (from, _to, message) => (from === liar ? corrupt(message, chunk) : message);
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late));
    expectGoesOn(cluster);
  });

  it('that match a made-up manifest are found out in the end, and another peer is asked', async () => {
    const { cluster, late } = await withOneBehind(4, 'BFT');
    const { snapshots } = cluster.node(late);
    snapshots.failures.push({ call: 'finish', code: 'invalid-snapshot' });
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late));
    expectGoesOn(cluster);
    const requests = cluster
      .node(late)
      .sent.filter(({ message }) => message.type === 'snapshot-request');
    expect(new Set(requests.map(({ to }) => to)).size).toBe(2);
  });
});

describe('an application that fails', () => {
  it.each([
    ['begin', 'snapshot-failed'],
    ['chunk', 'snapshot-failed'],
    ['chunk', 'invalid-snapshot'],
    ['begin', 'invalid-request'],
    ['finish', 'snapshot-failed'],
  ] as const)('at %s with %s does not stop the node', async (call, code) => {
    const { cluster, late } = await withOneBehind(4, 'BFT');
    cluster.node(late).snapshots.failures.push({ call, code });
    await cluster.start(late);
    expectGoesOn(cluster);
  });

  it.each(['begin', 'chunk', 'finish'] as const)(
    'because it closed, at %s, stops it',
    async (call) => {
      const { cluster, late } = await withOneBehind(3);
      cluster.node(late).snapshots.failures.push({ call, code: 'closed' });
      await cluster.start(late);
      cluster.until(() => cluster.node(late).halt !== null);
      expect(cluster.node(late).halt?.code).toBe('application-closed');
    },
  );
});

describe('a log that is pruned', () => {
  it('keeps what it is to keep, and forgets the rest for good', async () => {
    const cluster = await startedCluster(3, 'CFT', { retention: { entries: 10 } });
    commit(cluster, 60);
    cluster.pass(1_000);
    for (const number of cluster.nodes.keys()) {
      const { lowest, committed } = cluster.node(number).running.position();
      expect(committed.index - lowest).toBeGreaterThanOrEqual(9);
      expect(committed.index - lowest).toBeLessThan(25);
      expect(storedIndexes(cluster, number)[0]).toBe(lowest);
      const certificates = cluster.node(number).tables.numbered.get('certificates');
      expect(Math.min(...(certificates?.keys() ?? []))).toBeGreaterThanOrEqual(lowest);
    }
    const { lowest } = cluster.node(0).running.position();
    cluster.crash(0);
    await cluster.start(0);
    expect(cluster.node(0).running.position().lowest).toBe(lowest);
    expectGoesOn(cluster);
  });

  it('sends who needs what is gone to a snapshot, however near it is', async () => {
    const cluster = await startedCluster(3, 'CFT', { retention: { entries: 5 } });
    const late = [...cluster.nodes.keys()].findLast((number) => number !== cluster.leader()) ?? 0;
    for (const node of cluster.nodes) {
      const limits = { ...node.options.limits, snapshotDistance: 1_000_000 };
      node.options = { ...node.options, limits };
    }
    cluster.crash(late);
    commit(cluster, 2 * DISTANCE);
    await cluster.start(late);
    // Snapshots are made when they are asked for, and proved by what is committed after that.
    for (let at = 0; !tookSnapshot(cluster, late); at += 1) {
      cluster.submit(`meanwhile ${at}`);
      cluster.pass(200);
      expect(at).toBeLessThan(100);
    }
    expectGoesOn(cluster);
  });
});

describe('a snapshot that nothing proves yet', () => {
  it('does not keep the only other node of a quorum from taking the one before', async () => {
    const cluster = await startedCluster(3, 'CFT', { retention: { entries: 5 } });
    const leader = cluster.leader() ?? 0;
    const [other = 0, late = 0] = [...cluster.nodes.keys()].filter((number) => number !== leader);
    cluster.crash(late);
    commit(cluster, 2 * DISTANCE);
    cluster.pass(1_000);
    cluster.crash(other);
    const { index } = cluster.node(leader).application.info().applied;
    const made = cluster.node(leader).snapshots.offer(index, index);
    expect(made?.entry.index).toBe(index);
    expect(cluster.node(leader).running.position().lowest).toBeGreaterThan(1);
    // What it knew of the proof of the one before is gone with the memory.
    cluster.crash(leader);
    await cluster.start(leader);
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late));
    commit(cluster, 1, 'afterwards');
  });
});

describe('a trusted entry', () => {
  const offeredBy = (cluster: VirtualCluster, number: number) => {
    const [offered] = cluster.node(number).snapshots.offered;
    if (offered === undefined) throw new Error('nothing is offered');
    return offered.manifest.entry;
  };
  const trusted = (cluster: VirtualCluster, index: number, hash?: string) => {
    const entry = cluster.nodes
      .map(({ application }) => application.committed[index - 1])
      .find((found) => found !== undefined);
    return { index: index as LogIndex, hash: (hash ?? entry?.hash) as EntryHash };
  };

  it('lets a node in that finds it among the fetched entries', async () => {
    const { cluster, late } = await withOneBehind(3);
    const node = cluster.node(late);
    node.options = { ...node.options, trustedEntry: trusted(cluster, 10) };
    await cluster.start(late);
    expectGoesOn(cluster);
    // Nothing that was offered showed it.
    expect(tookSnapshot(cluster, late)).toBe(false);
  });

  it('lets a node in that finds it among what proves a snapshot', async () => {
    const { cluster, late } = await withOneBehind(3);
    const node = cluster.node(late);
    const base = offeredBy(cluster, late === 0 ? 1 : 0);
    node.options = { ...node.options, trustedEntry: base };
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late));
    expectGoesOn(cluster);
  });

  it.each(['entries', 'a snapshot'])('stops a node that %s show to be another', async (what) => {
    const { cluster, late } = await withOneBehind(3);
    const node = cluster.node(late);
    const base = offeredBy(cluster, late === 0 ? 1 : 0);
    const index = what === 'entries' ? 10 : base.index;
    node.options = { ...node.options, trustedEntry: trusted(cluster, index, anyHash) };
    if (what === 'a snapshot') cluster.link = (_from, _to, { type }) => type !== 'entries';
    await cluster.start(late);
    cluster.until(() => node.halt !== null);
    expect(node.halt?.code).toBe('trusted-entry-mismatch');
    expect(node.application.committed.length).toBeLessThan(index);
  });
});
