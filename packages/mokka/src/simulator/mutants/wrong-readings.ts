/** The wrong readings that `docs/protocol.md` lists, each an edit of the core's sources. */
import type { Mutant } from './mutant.ts';

const BYZANTINE = 'core/byzantine-safety.test.ts';
const MEMBERSHIP = 'core/byzantine-membership.test.ts';
const IN_PLACE = 'core/recertified-membership.test.ts';
const SAFETY = 'core/safety-rules.test.ts';

export const WRONG_READINGS: readonly Mutant[] = [
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
        find: 'if (isOpen && (log.tip.term === entry.term || currentLock(context).lock.term === entry.term)) {',
        replace: 'if (binding === undefined) {',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'wrong reading 2: a validator votes for one' },
  },
  {
    what: 'wrong reading 2 (BFT): a validator votes for every term-start that the leader shows',
    edits: [
      {
        file: 'core/leadership.ts',
        find: "  if (leadership?.term === entry.term) {\n    if (leadership.termStart?.hash === entry.hash) return true;\n    context.ignore('second-term-start');\n    return false;\n  }",
        replace:
          '  if (leadership?.term === entry.term && leadership.termStart?.hash === entry.hash) return true;',
      },
      {
        file: 'core/leadership.ts',
        find: 'if (binding?.term === entry.term && binding.termStart.hash !== entry.hash) {',
        replace: 'if (binding === undefined) {',
      },
      {
        file: 'core/leadership.ts',
        find: 'if (isOpen && (log.tip.term === entry.term || currentLock(context).lock.term === entry.term)) {',
        replace: 'if (binding === undefined) {',
      },
      {
        file: 'core/voting.ts',
        find: 'return binding.term === termStart.term && binding.termStart.hash === termStart.hash;',
        replace: 'return binding.term === termStart.term;',
      },
      {
        file: 'core/voting.ts',
        find: 'return known.term !== entry.term || known.hash !== entry.hash;',
        replace: 'return known.term !== entry.term;',
      },
      {
        file: 'core/voting.ts',
        find: 'if (known !== undefined && known.term >= term) {',
        replace: 'if (known !== undefined && known.term >= term && known.hash === hash) {',
      },
    ],
    // Nobody lies: both machines of a twinned leader start the term, each on a proof of its own.
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 4,
      seeds: 40,
      rules: ['vote', 'halt'],
      turbulent: true,
      twinned: true,
    },
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
      // About one seed in fifty is bad enough; the search starts before one.
      firstSeed: 105,
      rules: ['lock', 'halt', 'agreement', 'proof', 'read-index'],
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
      rules: ['proof', 'agreement', 'halt', 'lock', 'read-index'],
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
        find: "return entry.term === term || (entry.kind === 'membership' && entry.term < term);",
        replace: 'return entry.term === term || entry.term < term;',
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
      {
        file: 'core/preparing.ts',
        find: 'return known.index > shown.index || (known.index === shown.index && known.hash === shown.hash);',
        replace: 'return known.index > shown.index;',
      },
      {
        file: 'core/preparing.ts',
        find: 'if (known !== null && compareLocks(certificate, known) <= 0) return;',
        replace: 'if (known !== null && compareLocks(certificate, known) < 0) return;',
      },
      {
        file: 'core/voting.ts',
        find: 'if (vote.term !== context.term || context.leadership === null) return;',
        replace: 'if (context.leadership === null) return;',
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
    what: 'wrong reading 9: entries follow an uncommitted membership entry',
    edits: [
      {
        file: 'core/recertifying.ts',
        find: "return last?.kind === 'membership' ? last : null;",
        replace: 'return last === null ? last : null;',
      },
      {
        // The core's own invariants would notice first.
        file: 'core/invariants.ts',
        find: "return 'an entry follows an uncommitted membership entry';",
        replace: '',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 40,
      rules: ['membership'],
      turbulent: true,
      changing: true,
    },
  },
  {
    what: 'wrong reading 9 (BFT): the next set acts when the membership entry is prepared',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'if (!isCommitCertificate(certificate)) return onPrepareCertificate(context, certificate);',
        replace:
          "if (!isCommitCertificate(certificate) && context.log.get(certificate.index)?.kind !== 'membership') return onPrepareCertificate(context, certificate);",
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 5,
      seeds: 40,
      rules: ['membership', 'commit', 'agreement'],
      changing: true,
    },
  },
  {
    what: 'rule membership (BFT): a validator votes for a change that its operator did not ask for',
    edits: [
      {
        file: 'core/approval.ts',
        find: 'return context.leading !== null && isAskedByQuorum(context, members);',
        replace: 'return true;',
      },
    ],
    caught: { by: 'test', file: MEMBERSHIP, test: 'a validator prepares what its operator' },
  },
  {
    what: 'rule membership (BFT): who locked on an entry certified again adopts another chain of that term',
    edits: [
      {
        file: 'core/leadership.ts',
        find: ' || currentLock(context).lock.term === entry.term)',
        replace: ')',
      },
    ],
    caught: { by: 'test', file: IN_PLACE, test: 'whoever locked on an entry again' },
  },
  {
    what: 'rule membership (BFT): a certificate of another epoch stands under a lock',
    edits: [
      {
        file: 'core/certificate-cache.ts',
        find: 'if (epoch !== judge.epoch) return null;',
        replace: '',
      },
      {
        file: 'core/verification.ts',
        find: 'if (epoch !== set.epoch || term === 0 ||',
        replace: 'if (term === 0 ||',
      },
    ],
    caught: { by: 'test', file: MEMBERSHIP, test: 'a lock of the epoch before does not count' },
  },
];
