import { beforeEach, describe, expect, test } from 'vitest';
import type { Lock, TermVote, Vote } from '../../core/statements.ts';
import type { EntryHash, Epoch, LogIndex, NodeId, Term } from '../../core/types.ts';
import { clusterNames, genesisMembers } from '../world/cluster.ts';
import { SignatureRegister } from '../world/signatures.ts';
import { DurabilityChecker } from './durability.ts';
import { EpochBook } from './epochs.ts';
import { SignatureChecker } from './signatures.ts';
import { VoteChecker } from './votes.ts';

const { ids, rootHash } = clusterNames(3);
const voter = ids[0] as NodeId;
const epoch = 0 as Epoch;
const hash = (letter: string): EntryHash => letter.repeat(64) as EntryHash;
const root: Lock = { term: 0 as Term, index: 0 as LogIndex, hash: rootHash };

let register: SignatureRegister;
let disks: DurabilityChecker;
let votes: VoteChecker;
let superseded: boolean;

beforeEach(() => {
  superseded = false;
  register = new SignatureRegister(ids);
  disks = new DurabilityChecker({
    ids,
    register,
    decodeEntry: () => {
      throw new Error('no entries in these tests');
    },
    onEntry: () => {},
  });
  register.onSigned = (record) => disks.signed(record);
  votes = new VoteChecker({
    ids,
    liars: new Set(),
    epochs: new EpochBook(genesisMembers(ids), 'CFT', () => {
      throw new Error('no entries in these tests');
    }),
    signatures: new SignatureChecker(register, ids),
    disks,
    isSuperseded: () => superseded,
  });
});

/** Signs the text of a statement with the key of node 0 and puts the signature on its disk. */
function signAndStore(text: string): Vote['signature'] {
  const signature = register.scheme(0).sign(new TextEncoder().encode(text));
  disks.synced(0, [{ type: 'put-record', name: 'statement', value: signature }]);
  return signature;
}

function vote(term: number, index: number, letter: string): Vote {
  const signature = signAndStore(`vote ${term} ${index} ${letter}`);
  const place = { epoch, term: term as Term, index: index as LogIndex };
  return { type: 'vote', phase: 'commit', ...place, hash: hash(letter), voter, signature };
}

function termVote(term: number, lock: Lock): TermVote {
  const signature = signAndStore(`term vote ${term} ${lock.term} ${lock.index} ${lock.hash}`);
  return { type: 'term-vote', epoch, term: term as Term, lock, voter, signature };
}

describe('votes of one key', () => {
  test('two entries at one place of one term', () => {
    votes.vote(vote(1, 1, 'a'));
    votes.vote(vote(2, 1, 'b'));
    votes.vote(vote(1, 1, 'a'));
    expect(() => votes.vote(vote(1, 1, 'b'))).toThrow(/^vote:/);
  });

  test('two locks in one term', () => {
    votes.termVote(termVote(2, root));
    votes.termVote(termVote(2, root));
    const lock = { term: 1 as Term, index: 1 as LogIndex, hash: hash('a') };
    expect(() => votes.termVote(termVote(2, lock))).toThrow(/^promise:.*two locks/);
  });

  test('terms promised out of order', () => {
    const late = termVote(3, root);
    votes.termVote(late);
    expect(() => votes.termVote(termVote(2, root))).toThrow(/^promise:.*out of order/);
  });

  test('a vote of a lower term made after a promise, in whatever order both are shown', () => {
    superseded = true;
    const promise = termVote(5, root);
    const after = vote(4, 1, 'a');
    votes.vote(after);
    expect(() => votes.termVote(promise)).toThrow(/^promise:.*after promising/);
  });

  test('a vote made before the promise may be shown again after it', () => {
    superseded = true;
    const before = vote(4, 1, 'a');
    votes.termVote(termVote(5, root));
    votes.vote(before);
    votes.vote(before);
  });

  test('a lock below what was voted for, unless a newer proof superseded it', () => {
    votes.vote(vote(1, 2, 'a'));
    superseded = true;
    votes.termVote(termVote(2, root));
    superseded = false;
    expect(() => votes.termVote(termVote(3, root))).toThrow(/^lock:/);
  });

  test('a lock that is not on the disk', () => {
    const lock = { term: 1 as Term, index: 1 as LogIndex, hash: hash('a') };
    expect(() => votes.termVote(termVote(2, lock))).toThrow(/^lock:.*not on its disk/);
  });

  test('a vote that was signed and not stored', () => {
    const signature = register.scheme(0).sign(new TextEncoder().encode('vote'));
    const place = { epoch, term: 1 as Term, index: 1 as LogIndex };
    const unstored: Vote = {
      type: 'vote',
      phase: 'commit',
      ...place,
      hash: hash('a'),
      voter,
      signature,
    };
    expect(() => votes.vote(unstored)).toThrow(/^durability:/);
  });

  test('a vote with the signature of another statement', () => {
    votes.vote(vote(1, 1, 'a'));
    const moved: Vote = { ...vote(1, 1, 'a'), index: 2 as LogIndex };
    expect(() => votes.vote(moved)).toThrow(/^signed:/);
  });

  test('a vote in the name of another key', () => {
    const stolen: Vote = { ...vote(1, 1, 'a'), voter: ids[1] as NodeId };
    expect(() => votes.vote(stolen)).toThrow(/^signed:/);
  });

  test('a term vote without a quorum behind it', () => {
    const promise = termVote(2, root);
    expect(() => votes.justification(promise, [termVote(2, root)])).toThrow(/^promise:.*1 of 2/);
  });
});
