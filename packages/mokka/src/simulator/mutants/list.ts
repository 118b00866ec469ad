/**
 * Wrong readings of the protocol, each an edit of the core's sources, and what catches it: the simulator within a number of
 * seeds, or a directed test that fails.
 */
import type { Edit } from './tree.ts';

export interface CaughtBySimulator {
  readonly by: 'simulator';
  readonly nodes: number;
  /** Seeds, from `firstSeed` (1) on, within which it must be caught. */
  readonly seeds: number;
  readonly firstSeed?: number;
  /** Rules whose violation shows that it was understood. */
  readonly rules: readonly string[];
  readonly crashModel?: 'BFT';
  /** Leadership changes all the time. */
  readonly turbulent?: true;
}

export interface CaughtByTest {
  readonly by: 'test';
  /** Below `src`. */
  readonly file: string;
  /** Beginning of the test's name. */
  readonly test: string;
}

export interface Mutant {
  readonly what: string;
  readonly edits: readonly Edit[];
  readonly caught: CaughtBySimulator | CaughtByTest;
}

const BYZANTINE = 'core/byzantine-safety.test.ts';
const SAFETY = 'core/safety-rules.test.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    what: 'wrong reading 1: a leader that restarts proves its term again',
    edits: [
      {
        file: 'core/promise.ts',
        find: 'if (ownTermVoteIsOpen(context)) context.election.repeatAt = context.now;',
        replace:
          'if (context.syncedTermVote !== null && context.leadership === null) onTermVoteSynced(context, context.syncedTermVote);',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'wrong reading 1: a leader that restarts' },
  },
  {
    what: 'wrong reading 2: a second proof of the present term is adopted',
    edits: [
      {
        file: 'core/leadership.ts',
        find: 'if (binding?.term === entry.term && binding.termStart.hash !== entry.hash) {',
        replace: 'if (binding === undefined) {',
      },
      {
        file: 'core/leadership.ts',
        find: 'if (isOpen && log.tip.term === entry.term) {',
        replace: 'if (binding === undefined) {',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'wrong reading 2: a validator votes for one' },
  },
  {
    what: 'wrong reading 3: the lock has the term whose proof was adopted',
    edits: [
      {
        file: 'core/promise.ts',
        find: 'const { lock, certificate } = currentLock(context);',
        replace:
          'const { lock: own, certificate } = currentLock(context);\n  const lock = { ...own, term: context.leadership?.term ?? own.term };',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 300,
      rules: ['lock', 'halt', 'agreement', 'proof'],
      turbulent: true,
    },
  },
  {
    what: 'wrong reading 4: locks compare by index first',
    edits: [
      {
        file: 'core/verification.ts',
        find: 'return left.term - right.term || left.index - right.index;',
        replace: 'return left.index - right.index || left.term - right.term;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 500,
      rules: ['proof', 'agreement', 'halt', 'lock'],
      turbulent: true,
    },
  },
  {
    what: 'wrong reading 5: entries of earlier terms are voted for and certified in a later term',
    edits: [
      {
        file: 'core/voting.ts',
        find: "if (vote?.term !== term || vote.hash !== log.get(index)?.hash) continue;\n    if (context.syncedVotes.has(index)) context.send(leadership.leader, { type: 'vote', vote });",
        replace:
          "if (vote === undefined || vote.hash !== log.get(index)?.hash || !context.syncedVotes.has(index)) continue;\n    context.send(leadership.leader, { type: 'vote', vote: vote.term < term ? context.signer.sign<Vote>({ ...vote, term }) : vote });",
      },
      {
        file: 'core/committing.ts',
        find: 'entry?.hash === vote.hash && entry.term === vote.term;',
        replace: 'entry?.hash === vote.hash;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 60,
      rules: ['commit', 'durability', 'vote'],
      turbulent: true,
    },
  },
  {
    what: 'wrong reading 6: a vote is durable and its entry is not',
    edits: [
      {
        file: 'core/voting.ts',
        find: 'const operations = [...putEntry(entry), putVote(vote)];',
        replace: 'const operations = [...putEntry(entry).slice(1), putVote(vote)];',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 3, rules: ['durability'] },
  },
  {
    what: 'wrong reading 6: of a fetched chain only the last entry is stored',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'operations.push(...added.flatMap(putEntry));',
        replace: 'operations.push(...added.slice(-1).flatMap(putEntry));',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 30, rules: ['durability', 'halt', 'lock'] },
  },
  {
    what: 'wrong reading 7: a follower votes below its promise',
    edits: [
      {
        file: 'core/promise.ts',
        find: '  context.leading = null;\n  context.leadership = null;\n  context.candidacy = null;',
        replace: '  context.leading = null;\n  context.candidacy = null;',
      },
      {
        file: 'core/invariants.ts',
        find: "if (leadership !== null && leadership.term !== term) return 'the leadership is of another term';",
        replace: '',
      },
      {
        file: 'core/heartbeats.ts',
        find: "if (entry.term < context.term) return context.ignore('stale-proposal');",
        replace: '',
      },
      {
        file: 'core/voting.ts',
        find: 'const { leadership, log, term } = context;\n  if (leadership === null || leadership.term !== term || entry.term !== term) return false;',
        replace:
          'const { leadership, log } = context;\n  if (leadership === null || leadership.term !== entry.term) return false;\n  const { term } = entry;',
      },
      {
        file: 'core/voting.ts',
        find: 'if (vote.term !== context.term || context.leadership === null) return;',
        replace: 'if (context.leadership === null) return;',
      },
      {
        file: 'core/promise.ts',
        find: 'if (context.term !== termVote.term || context.leadership !== null) return;',
        replace: 'if (context.term !== termVote.term) return;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 60,
      rules: ['promise', 'lock', 'halt', 'durability'],
      turbulent: true,
    },
  },
  {
    what: 'wrong reading 7 (BFT): a commit vote for a prepare certificate of an earlier term',
    edits: [
      {
        file: 'core/preparing.ts',
        find: "if (shown.term !== context.term) return context.ignore('prepared-in-another-term');",
        replace: '',
      },
      {
        file: 'core/preparing.ts',
        find: 'if (!context.isValidator || certificate.term !== context.term) return;',
        replace: 'if (!context.isValidator) return;',
      },
    ],
    caught: { by: 'test', file: BYZANTINE, test: 'wrong reading 7: no commit vote for a prepare' },
  },
  {
    what: 'wrong reading 7 (BFT): a commit vote without a prepare certificate',
    edits: [
      {
        file: 'core/preparing.ts',
        find: '  if (tally.votes.size < context.quorum) return;\n  const certificate = certificateOfTally(vote, tally);\n  context.broadcast',
        replace:
          '  if (tally.votes.size < context.quorum - 1) return;\n  const certificate = certificateOfTally(vote, tally);\n  context.broadcast',
      },
    ],
    caught: { by: 'simulator', crashModel: 'BFT', nodes: 4, seeds: 5, rules: ['commit'] },
  },
  {
    what: 'wrong reading 8 (BFT): a lock is believed without its certificate',
    edits: [
      {
        file: 'core/promise.ts',
        find: 'if (certificate === null) return false;',
        replace: 'if (certificate === null) return true;',
      },
      {
        file: 'core/verification.ts',
        find: "if (set.crashModel === 'BFT' && !isAnchorCertified(proof, set, signer)) return false;",
        replace: 'if (isAnchorCertified === undefined) return false;',
      },
    ],
    caught: { by: 'test', file: BYZANTINE, test: 'wrong reading 8' },
  },
  {
    what: 'of five validators three are a quorum (BFT)',
    edits: [
      {
        file: 'core/quorum.ts',
        find: 'Math.ceil((validators + faultsTolerated',
        replace: 'Math.floor((validators + faultsTolerated',
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 5,
      seeds: 5,
      rules: ['proof', 'commit', 'promise'],
    },
  },
  {
    what: 'evidence is believed unread (BFT)',
    edits: [
      {
        file: 'core/evidence.ts',
        find: 'return signer.verify(first) && signer.verify(second);',
        replace: 'return signer !== undefined;',
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 4,
      seeds: 40,
      rules: ['evidence', 'signed'],
    },
  },
  {
    what: 'signatures of term votes are not checked (BFT)',
    edits: [
      {
        file: 'core/promise.ts',
        find: "if (!context.signer.verify(termVote)) return context.ignore('bad-signature');",
        replace: '',
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 4,
      seeds: 40,
      rules: ['signed', 'evidence', 'proof', 'halt', 'liveness', 'durability', 'promise'],
    },
  },
  {
    what: 'wrong reading 10: certificates of earlier terms are refused after a promise',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'if (!verifyCertificate(certificate, context, context.signer)) {',
        replace:
          'if (certificate.term < context.term || !verifyCertificate(certificate, context, context.signer)) {',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'wrong reading 10' },
  },
  {
    what: 'one vote too few commits',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'if (tally.votes.size < context.quorum) return;',
        replace: 'if (tally.votes.size < context.quorum - 1) return;',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 3, rules: ['commit'] },
  },
  {
    what: 'of four validators two are a quorum',
    edits: [
      {
        file: 'core/quorum.ts',
        find: "if (crashModel === 'CFT') return Math.floor(validators / 2) + 1;",
        replace: "if (crashModel === 'CFT') return Math.ceil(validators / 2);",
      },
    ],
    caught: { by: 'simulator', nodes: 4, seeds: 3, rules: ['proof', 'commit', 'promise'] },
  },
  {
    what: 'term votes for the term before count in a proof',
    edits: [
      {
        file: 'core/candidacy.ts',
        find: '.filter((vote) => vote.term === candidacy.term)',
        replace: '.filter((vote) => vote.term >= candidacy.term - 1)',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 60, rules: ['proof'], turbulent: true },
  },
  {
    what: 'the lowest lock of a proof is its anchor',
    edits: [
      {
        file: 'core/verification.ts',
        find: 'if (anchor === null || compareLocks(lock, anchor) > 0) anchor = lock;',
        replace: 'if (anchor === null || compareLocks(lock, anchor) < 0) anchor = lock;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 60,
      rules: ['proof', 'halt', 'agreement'],
      turbulent: true,
    },
  },
  {
    what: 'the own votes are forgotten in a restart, so that a slot is used again',
    edits: [
      {
        file: 'core/context.ts',
        find: 'this.ownVotes.set(vote.index, vote);',
        replace: '',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 40, rules: ['halt', 'vote'] },
  },
  {
    what: 'the binding is forgotten in a restart',
    edits: [
      {
        file: 'core/context.ts',
        find: 'this.binding = restored.binding;',
        replace: 'this.binding = null;',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'wrong reading 2: a validator votes for one' },
  },
  {
    what: 'the term of a promise is lowered in a restart',
    edits: [
      {
        file: 'driver/restore.ts',
        find: '    termVote?.termVote.term ?? 0,\n',
        replace: '',
      },
      {
        file: 'driver/restore.ts',
        find: 'termRecord === undefined ? 0 : decodeTerm(termRecord),',
        replace: 'termRecord === undefined ? 0 : Math.max(0, decodeTerm(termRecord) - 1),',
      },
      {
        file: 'core/invariants.ts',
        find: "if (termVote !== null && termVote.termVote.term > term) return 'the promise is above the term';",
        replace: '',
      },
      {
        file: 'core/invariants.ts',
        find: "if (binding !== null && binding.term > term) return 'the binding is above the term';",
        replace: '',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 200,
      rules: ['promise', 'halt', 'vote'],
      turbulent: true,
    },
  },
  {
    what: 'a term vote is signed anew when it is repeated',
    edits: [
      {
        file: 'core/election.ts',
        find: 'if (stranded && context.syncedTermVote !== null) context.broadcast(context.syncedTermVote);',
        replace:
          'if (stranded && context.syncedTermVote !== null) context.broadcast({ ...context.syncedTermVote, termVote: context.signer.sign({ ...context.syncedTermVote.termVote, lock: { term: context.log.committed.index === 0 ? context.syncedTermVote.termVote.lock.term : (0 as never), index: 0 as never, hash: context.options.rootHash } }) } as never);',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 40, rules: ['promise', 'durability', 'lock'] },
  },
  {
    what: 'a term vote is joined without what justifies it',
    edits: [
      {
        file: 'core/promise.ts',
        find: 'if (isEnough(counting, context)) {',
        replace: 'if (isEnough !== undefined) {',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'joins a justified term vote' },
  },
  {
    what: 'a term vote leaves before it is synced',
    edits: [
      {
        file: 'core/promise.ts',
        find: "  persist(context, [putTerm(term), putTermVote(message)], [{ type: 'term-vote', message }]);",
        replace:
          '  persist(context, [putTerm(term), putTermVote(message)], []);\n  onTermVoteSynced(context, message);',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 3, rules: ['durability'] },
  },
  {
    what: 'a conflicting tail is not deleted from the disk',
    edits: [
      {
        file: 'core/leadership.ts',
        find: 'persist(context, [deleteEntriesFrom(to.index + 1), putTerm(context.term)], []);',
        replace: 'persist(context, [putTerm(context.term)], []);',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 5,
      seeds: 120,
      turbulent: true,
      rules: ['exception', 'lock', 'durability', 'application', 'agreement', 'halt'],
    },
  },
  {
    what: 'a vote is counted twice',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'if (tally.votes.size < context.quorum) return;',
        replace:
          'if (tally.votes.size + (vote.voter === context.self ? 1 : 0) < context.quorum) return;',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 5, rules: ['commit', 'durability'] },
  },
  {
    what: 'a leader without a quorum goes on leading',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: 'if (others === 0) return Number.POSITIVE_INFINITY;',
        replace: 'if (others >= 0) return Number.POSITIVE_INFINITY;',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/liveness-rules.test.ts',
      test: 'a leader that hears no quorum stops leading',
    },
  },
  {
    what: 'pre-votes never expire',
    edits: [
      {
        file: 'core/election.ts',
        find: 'const note: HeardPreVote = { statement, expiresAt: context.now + lifetime, direct };',
        replace:
          'const note: HeardPreVote = { statement, expiresAt: context.now + lifetime * 1e6, direct };',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/liveness-rules.test.ts',
      test: 'trap: pre-votes expire',
    },
  },
  {
    what: 'an own statement that the store does not know is no reason to stop',
    edits: [
      {
        file: 'core/own-key.ts',
        find: "  context.halt(\n    'own-key',",
        replace: "  context.ignore(\n    'own-key' +",
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'stops on a vote, a term vote or a certificate' },
  },
  {
    what: 'an empty store is created anew in a start',
    edits: [
      {
        file: 'driver/restore.ts',
        find: '  const records = await storage.records();\n  checkIdentity',
        replace:
          '  if ((await storage.records()).size === 0) await createStore(storage, options);\n  const records = await storage.records();\n  checkIdentity',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 60, rules: ['durability'] },
  },
];
