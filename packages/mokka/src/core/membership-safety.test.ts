/** Rule *membership*, held against its wrong readings, and where power fails around a change. */
import { describe, expect, it } from 'vitest';
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { createEntry, decodeEntry } from '../codec/entry-codec.ts';
import { encodeMembership } from '../codec/membership-codec.ts';
import { decodeTermStart, encodeTermStart } from '../codec/term-start-codec.ts';
import type { Entry } from './entry.ts';
import type { Member, MembershipChange } from './members.ts';
import type { Message } from './message.ts';
import {
  certificateOf,
  EPOCH,
  Probe,
  proofOf,
  signerFor,
  termStartOf,
  termVoteOf,
} from './probe.test.support.ts';
import type { PreVote, TermVote, Vote } from './statements.ts';
import type { Epoch, LogIndex, Term } from './types.ts';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

const TIMEOUT = 60_000;
const NEXT = 1 as Epoch;

function members(...numbers: readonly number[]): Member[] {
  return numbers.map((at) => ({
    id: nodeId(at),
    host: `validator-${at}`,
    port: at + 1,
    role: 'validator',
  }));
}

/** A membership entry that needs nobody's readiness. */
function membershipOn(parent: Entry, ...numbers: readonly number[]): Entry {
  return createEntry({
    index: (parent.index + 1) as LogIndex,
    term: parent.term,
    epoch: EPOCH,
    parentHash: parent.hash,
    stateDigest: parent.stateDigest,
    timestamp: parent.timestamp,
    proposer: parent.proposer,
    kind: 'membership',
    payload: encodeMembership({ members: members(...numbers), readiness: [] }),
  });
}

const lockAt = ({ term, index, hash }: Entry) => ({ term, index, hash });

/** Node 0 of three follows node 1 in term 1, and has stored a removal of node 2 at index 2. */
async function withOpenMembership(): Promise<{ probe: Probe; entry: Entry }> {
  const probe = await Probe.started(0, 3);
  const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
  await probe.follow(first);
  const entry = membershipOn(first, 0, 1);
  await probe.receive(1, { type: 'propose', entry });
  expect(probe.sentOf('vote').map(({ vote }) => vote.hash)).toContain(entry.hash);
  return { probe, entry };
}

function above(anchor: Entry, term: number, epoch: Epoch, payload: Uint8Array, by: number): Entry {
  return createEntry({
    index: (anchor.index + 1) as LogIndex,
    term: term as Term,
    epoch,
    parentHash: anchor.hash,
    stateDigest: anchor.stateDigest,
    timestamp: anchor.timestamp,
    proposer: nodeId(by),
    kind: 'term-start',
    payload,
  });
}

function termVoteIn(epoch: Epoch, number: number, term: number, entry: Entry): TermVote {
  return signerFor(number).sign<TermVote>({
    type: 'term-vote',
    epoch,
    term: term as Term,
    lock: lockAt(entry),
    voter: nodeId(number),
  });
}

describe('Rule membership: wrong readings', () => {
  it('nothing follows an uncommitted membership entry, not even a term-start of a proven leader', async () => {
    const { probe, entry } = await withOpenMembership();
    const votes = [termVoteOf(1, 2, lockAt(entry)), termVoteOf(2, 2, lockAt(entry))];
    const start = above(
      entry,
      2,
      EPOCH,
      encodeTermStart({ proof: proofOf(2, votes), certificate: null }),
      2,
    );
    await probe.receive(2, { type: 'propose', entry: start });
    await probe.pass(100);
    expect(probe.sentOf('vote').map(({ vote }) => vote.index)).not.toContain(start.index);
    expect(probe.core.status().lastIndex).toBe(entry.index);
    // Nor a payload of the same term.
    const other = await withOpenMembership();
    const payload = createEntry({
      ...above(other.entry, 1, EPOCH, new Uint8Array(3), 1),
      kind: 'payload',
    });
    await other.probe.receive(1, { type: 'propose', entry: payload });
    expect(other.probe.core.status().lastIndex).toBe(other.entry.index);
  });

  it('a certificate of the old set for something above it commits nothing', async () => {
    const { probe, entry } = await withOpenMembership();
    const start = above(entry, 2, EPOCH, new Uint8Array(1), 2);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(start, [1, 2]) });
    const request = probe.sentOf('fetch').at(-1)?.request ?? 0;
    const stored = probe.core.status().lastIndex;
    for (const from of [1, 2]) {
      await probe.receive(from, {
        type: 'entries',
        request,
        entries: [...entriesBelow(probe), entry, start],
        certificate: certificateOf(start, [1, 2]),
      });
    }
    expect(probe.core.status().commitIndex).toBe(0);
    expect(probe.core.status().lastIndex).toBe(stored);
    expect(probe.core.status().epoch).toBe(0);
  });

  it('the new set does not act before the entry is committed, and needs its certificate', async () => {
    const { probe, entry } = await withOpenMembership();
    const signed = { epoch: NEXT, term: 2 as Term };
    for (const from of [1, 2]) {
      const preVote = signerFor(from).sign<PreVote>({
        type: 'pre-vote',
        ...signed,
        sender: nodeId(from),
      });
      await probe.receive(from, { type: 'pre-vote', preVote, relayed: [] });
      await probe.receive(from, {
        type: 'term-vote',
        termVote: termVoteIn(NEXT, from, 2, entry),
        justification: [preVote],
      });
    }
    const votes = [0, 1].map((at) => termVoteIn(NEXT, at, 3, entry));
    const proof = { ...proofOf(3, votes), epoch: NEXT };
    const bare = above(entry, 3, NEXT, encodeTermStart({ proof, certificate: null }), 1);
    await probe.receive(1, { type: 'propose', entry: bare });
    expect(probe.core.status()).toMatchObject({ epoch: 0, term: 1, commitIndex: 0 });
    expect(probe.sentOf('term-vote')).toEqual([]);
    // A certificate of too few of the old set does not help, a real one does.
    for (const [voters, epoch] of [
      [[1], 0],
      [[0, 1], 1],
    ] as const) {
      const certificate = certificateOf(entry, voters);
      const start = above(entry, 3, NEXT, encodeTermStart({ proof, certificate }), 1);
      const own = probe.sentOf('vote').length;
      await probe.receive(1, { type: 'propose', entry: start });
      expect(probe.core.status().epoch).toBe(epoch);
      expect(probe.sentOf('vote').length > own).toBe(epoch === 1 && probe.halted === null);
    }
  });

  it('in the new epoch, votes of the old one and of removed validators never count', async () => {
    const { probe, entry } = await withOpenMembership();
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(entry, [0, 1]) });
    expect(probe.core.status().epoch).toBe(1);
    const asked = probe.sentOf('pre-vote').at(-1)?.preVote;
    expect(asked).toMatchObject({ epoch: 1, term: 2 });
    // Term 2 is this node's among two. A removed one and an old statement bring it nowhere.
    const statement = (number: number, epoch: Epoch): PreVote =>
      signerFor(number).sign<PreVote>({
        type: 'pre-vote',
        epoch,
        term: 2 as Term,
        sender: nodeId(number),
      });
    await probe.receive(2, { type: 'pre-vote', preVote: statement(2, NEXT), relayed: [] });
    await probe.receive(1, { type: 'pre-vote', preVote: statement(1, EPOCH), relayed: [] });
    expect(probe.core.status().term).toBe(1);
    await probe.receive(1, { type: 'pre-vote', preVote: statement(1, NEXT), relayed: [] });
    expect(probe.core.status().term).toBe(2);
    const below = { ...termVoteIn(NEXT, 1, 2, entry) };
    const low = signerFor(1).sign<TermVote>({
      ...below,
      lock: { term: 0 as Term, index: 0 as LogIndex, hash: entry.hash },
    });
    await probe.receive(1, { type: 'term-vote', termVote: low, justification: [] });
    expect(probe.core.status().role).not.toBe('leader');
    await probe.receive(1, {
      type: 'term-vote',
      termVote: termVoteIn(NEXT, 1, 2, entry),
      justification: [],
    });
    expect(probe.core.status().role).toBe('leader');
    const start = probe.sentOf('propose').at(-1)?.entry;
    if (start === undefined) throw new Error('no term-start');
    expect(decodeTermStart(start.payload).certificate?.hash).toBe(entry.hash);
    const voteIn = (epoch: Epoch, number: number): Vote =>
      signerFor(number).sign<Vote>({
        type: 'vote',
        phase: 'commit',
        epoch,
        term: start.term,
        index: start.index,
        hash: start.hash,
        voter: nodeId(number),
      });
    await probe.receive(1, { type: 'vote', vote: voteIn(EPOCH, 1) });
    await probe.receive(2, { type: 'vote', vote: voteIn(NEXT, 2) });
    expect(probe.core.status().commitIndex).toBe(entry.index);
    await probe.receive(1, { type: 'vote', vote: voteIn(NEXT, 1) });
    expect(probe.core.status().commitIndex).toBe(start.index);
    expect(probe.halted).toBeNull();
  });

  it('refuses entries that show no readiness, readiness of long ago, or no change', async () => {
    const probe = await Probe.started(0, 3);
    const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    await probe.follow(first);
    const same = membershipOn(first, 0, 1, 2);
    const unready = membershipOn(first, 0, 1, 2, 3);
    const nobody = createEntry({
      ...same,
      payload: encodeMembership({ members: [], readiness: [] }),
    });
    const garbage = createEntry({ ...same, payload: new Uint8Array([1, 2, 3]) });
    for (const entry of [same, unready, nobody, garbage]) {
      await probe.receive(1, { type: 'propose', entry });
      expect(probe.core.status().lastIndex).toBe(first.index);
    }
  });
});

function entriesBelow(probe: Probe): Entry[] {
  return probe.effects
    .flatMap((effect) => (effect.type === 'persist' ? effect.operations : []))
    .flatMap((operation) =>
      operation.type === 'put' && operation.table === 'entries' && operation.key === 1
        ? [decodeEntry(operation.value)]
        : [],
    );
}

/** Whether a message is a vote for a membership entry of this cluster. */
function isMembershipVote(cluster: VirtualCluster, message: Message): boolean {
  if (message.type !== 'vote') return false;
  const { index, hash } = message.vote;
  return cluster.nodes.some(({ tables }) => {
    const bytes = tables.numbered.get('entries')?.get(index);
    if (bytes === undefined) return false;
    const entry = decodeEntry(bytes);
    return entry.hash === hash && entry.kind === 'membership';
  });
}

function openMembershipAt(cluster: VirtualCluster, number: number): Entry | null {
  const { lastIndex, commitIndex } = cluster.node(number).running.status();
  const bytes = cluster.node(number).tables.numbered.get('entries')?.get(lastIndex);
  const last = bytes === undefined || lastIndex <= commitIndex ? null : decodeEntry(bytes);
  return last?.kind === 'membership' ? last : null;
}

function propose(cluster: VirtualCluster, at: number, change: MembershipChange): void {
  cluster.input(at, { type: 'propose-membership', request: 1, change, timeout: TIMEOUT });
}

describe('Rule membership: certified again in place', () => {
  it.each([1, 2, 3])('after %i leaders died with it uncommitted', async (deaths) => {
    const cluster = await VirtualCluster.started(7);
    cluster.until(() => cluster.leader() !== null);
    cluster.submit('before');
    cluster.until(() => cluster.nodes.every((_, at) => cluster.committed(at).length === 1));
    const first = cluster.leader() ?? 0;
    const asks = (first + 6) % 7;
    cluster.link = (_, __, message) => !isMembershipVote(cluster, message);
    propose(cluster, asks, { type: 'remove', id: nodeId((first + 5) % 7) });
    const alive = () => cluster.nodes.flatMap(({ core }, at) => (core === null ? [] : [at]));
    cluster.until(() => alive().every((at) => openMembershipAt(cluster, at) !== null));
    const dead: number[] = [];
    for (let death = 0; death < deaths; death += 1) {
      const leader = cluster.leader();
      if (leader === null) throw new Error('nobody leads');
      const { term } = cluster.node(leader).running.status();
      dead.push(leader);
      cluster.crash(leader);
      // The next leader has sent its proof, and everyone has voted for the entry again.
      cluster.until(() =>
        alive().every(
          (at) =>
            at === cluster.leader() ||
            cluster
              .node(at)
              .sentOf('vote')
              .some(({ vote }) => vote.term > term),
        ),
      );
      expect(cluster.node(alive()[0] ?? 0).running.status().epoch).toBe(0);
    }
    cluster.link = () => true;
    cluster.until(() => alive().every((at) => cluster.node(at).running.status().epoch === 1));
    for (const back of dead) await cluster.start(back);
    cluster.submit('after');
    const left = cluster.nodes.map((_, at) => at).filter((at) => at !== (first + 5) % 7);
    cluster.until(() => left.every((at) => cluster.committed(at).includes('after')));
    expect(cluster.node(asks).results).toMatchObject([{ accepted: true, epoch: 1 }]);
    const { numbered } = cluster.node(asks).tables;
    const [[index, bytes] = [0, new Uint8Array()]] = numbered.get('memberships') ?? [];
    const entry = decodeEntry(bytes);
    const certificate = decodeCertificate(numbered.get('certificates')?.get(index) ?? bytes);
    expect(certificate.hash).toBe(entry.hash);
    expect(certificate.term).toBeGreaterThanOrEqual(entry.term + deaths);
    const next = decodeEntry(numbered.get('entries')?.get(index + 1) ?? bytes);
    expect(next).toMatchObject({ kind: 'term-start', epoch: 1 });
    for (const node of cluster.nodes) expect(node.halt).toBeNull();
  });

  it('a vote in place raises the lock to its term, over a restart too', async () => {
    const { probe, entry } = await withOpenMembership();
    const votes = [termVoteOf(1, 2, lockAt(entry)), termVoteOf(2, 2, lockAt(entry))];
    await probe.receive(2, { type: 'recertify', proof: proofOf(2, votes), entry });
    expect(probe.sentOf('vote').at(-1)?.vote).toMatchObject({ term: 2, hash: entry.hash });
    await probe.restart();
    const ask = (number: number): PreVote =>
      signerFor(number).sign<PreVote>({
        type: 'pre-vote',
        epoch: EPOCH,
        term: 5 as Term,
        sender: nodeId(number),
      });
    for (const from of [1, 2]) {
      await probe.receive(from, { type: 'pre-vote', preVote: ask(from), relayed: [] });
    }
    expect(probe.sentOf('term-vote').at(-1)?.termVote).toMatchObject({
      term: 5,
      lock: { term: 2, index: entry.index, hash: entry.hash },
    });
  });

  it('a term that certifies again never takes a term-start, and the other way round', async () => {
    const { probe, entry } = await withOpenMembership();
    const votes = [termVoteOf(1, 2, lockAt(entry)), termVoteOf(2, 2, lockAt(entry))];
    await probe.receive(2, { type: 'recertify', proof: proofOf(2, votes), entry });
    const root = termStartOf(2, 3, [termVoteOf(1, 2), termVoteOf(2, 2)]);
    await probe.receive(2, { type: 'propose', entry: root });
    await probe.restart();
    await probe.receive(2, { type: 'propose', entry: root });
    expect(probe.core.status().lastIndex).toBe(entry.index);
    expect(probe.sentOf('vote').map(({ vote }) => vote.hash)).not.toContain(root.hash);
    const other = await withOpenMembership();
    await other.probe.receive(2, { type: 'propose', entry: root });
    expect(other.probe.sentOf('vote').at(-1)?.vote.hash).toBe(root.hash);
    await other.probe.receive(2, { type: 'recertify', proof: proofOf(2, votes), entry });
    expect(other.probe.sentOf('vote').at(-1)?.vote.hash).toBe(root.hash);
  });
});

/** Virtual ms a node stays down. */
const DOWN = 30;

describe('a power cut after each write around a change of the members', () => {
  async function begun(change: (cluster: VirtualCluster) => MembershipChange) {
    const cluster = await VirtualCluster.started(4);
    cluster.until(() => cluster.leader() !== null);
    cluster.submit('before');
    cluster.until(() => cluster.nodes.every((_, at) => cluster.committed(at).length === 1));
    propose(cluster, 0, change(cluster));
    return cluster;
  }
  const removal = (removed: number): MembershipChange => ({ type: 'remove', id: nodeId(removed) });
  const finished = (cluster: VirtualCluster, removed: number) => () =>
    cluster.nodes.every(
      (node, at) =>
        node.core !== null &&
        (at === removed ||
          (node.core.status().epoch === 1 && cluster.committed(at).includes('after'))),
    );

  it.each([
    ['the leader, which stays', 'leader', 3, false],
    ['the leader, which stays, its messages lost', 'leader', 3, true],
    ['a follower, which stays', 2, 3, false],
    ['a follower, which stays, its messages lost', 2, 3, true],
    ['the leader, which is removed', 'leader', 'leader', false],
    ['the leader, which is removed, its messages lost', 'leader', 'leader', true],
    ['a follower, which is removed', 3, 3, false],
  ] as const)('of %s', async (_, who, whom, loses) => {
    const number = (cluster: VirtualCluster, name: number | 'leader') =>
      name === 'leader' ? (cluster.leader() ?? 0) : name;
    const plain = await begun((cluster) => removal(number(cluster, whom)));
    const start = plain.node(number(plain, who)).synced;
    const victim = number(plain, who);
    const removed = number(plain, whom);
    plain.until(() => plain.nodes.some(({ core }) => core?.status().epoch === 1));
    plain.submit('after');
    plain.until(finished(plain, removed));
    const writes = plain.node(victim).synced - start;
    expect(writes).toBeGreaterThan(victim === removed ? 0 : 3);
    for (let point = 1; point <= writes; point += 1) {
      const cluster = await begun(() => removal(removed));
      const node = cluster.node(victim);
      const { run, synced } = node;
      cluster.link = (from) =>
        !(loses && from === victim && node.run === run && node.synced >= synced + point);
      let isSubmitted = false;
      const condition = (met: () => boolean) => () => {
        if (!isSubmitted && cluster.nodes.some(({ core }) => core?.status().epoch === 1)) {
          isSubmitted = true;
          cluster.submit('after');
        }
        return met();
      };
      cluster.until(condition(() => node.synced >= synced + point));
      cluster.crash(victim);
      const back = cluster.now + DOWN;
      cluster.until(condition(() => cluster.now >= back));
      await cluster.start(victim);
      // A change that died with its leader is asked for again, by node 0 or by an operator.
      if (victim === 0) propose(cluster, 1, removal(removed));
      cluster.until(condition(finished(cluster, removed)));
      for (const [at, other] of cluster.nodes.entries()) {
        expect(other.halt, `node ${at}, point ${point}`).toBeNull();
      }
    }
  });
});
