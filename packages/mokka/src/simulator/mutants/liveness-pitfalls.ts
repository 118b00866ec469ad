/** Mistakes in consensus by which other systems have come to a halt, each an edit of the core; `docs/pitfalls.md` has the table. */
import type { Mutant } from './mutant.ts';

const BYZANTINE = 'core/byzantine-leaders.test.ts';
const LIVENESS = 'core/liveness-rules.test.ts';
const SAFETY = 'core/safety-rules.test.ts';

export const LIVENESS_PITFALLS: readonly Mutant[] = [
  {
    what: 'whoever misses the leader begins the next term alone, and others join it',
    edits: [
      {
        file: 'core/election.ts',
        find: 'const term = terms[context.quorum - 1];',
        replace: 'const term = terms[0];',
      },
      {
        file: 'core/promise.ts',
        find: 'if (isEnough(counting, context)) {',
        replace: 'if (isEnough !== undefined) {',
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'a node that was cut off does not unseat' },
  },
  {
    what: 'whoever asks for a term enters it',
    edits: [
      {
        file: 'core/election.ts',
        find: '    context.changed = true;\n  }\n  const relayed',
        replace: '    context.term = term;\n    context.changed = true;\n  }\n  const relayed',
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'promises and stores nothing' },
  },
  {
    what: 'nobody tells a validator of the next epoch that it is one',
    edits: [
      {
        file: 'core/election.ts',
        find: '  tellEveryone(context);\n',
        replace: '  if (tellEveryone === undefined) return;\n',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/membership.test.ts',
      test: 'the only validator of the next epoch missed',
    },
  },
  {
    what: 'complaints about a leader do not end its leadership (BFT)',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: 'leadership === null || context.complaining || distrustsLeader(context)',
        replace: 'leadership === null || distrustsLeader(context)',
      },
    ],
    caught: { by: 'test', file: BYZANTINE, test: 'a complaint by a quorum unseats the leader' },
  },
  {
    what: 'one complaint is enough to unseat a leader (BFT)',
    edits: [
      {
        file: 'core/election.ts',
        find: 'const term = terms[context.quorum - 1];',
        replace: 'const term = terms[context.faults - 1] ?? terms[0];',
      },
    ],
    caught: { by: 'test', file: BYZANTINE, test: 'a complaint by f does not' },
  },
  {
    what: 'a leader that commits nothing is followed for as long as its heartbeats come',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: 'return !isExpired && !isStuck;',
        replace: 'return !isExpired || !isStuck;',
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'heartbeats of a leader that commits nothing' },
  },
  {
    what: 'timeouts double without a bound',
    edits: [
      {
        file: 'core/election.ts',
        find: 'Math.max(base, Math.min(base * growth, electionTimeoutMax))',
        replace: 'Math.max(base, base * growth, electionTimeoutMax - electionTimeoutMax)',
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'are capped however many' },
  },
  {
    what: 'a commit does not make timeouts short again',
    edits: [
      { file: 'core/committing.ts', find: '  context.election.failedTerms = 0;\n', replace: '' },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'are capped however many' },
  },
  {
    what: 'a promise that may have been lost is not sent again',
    edits: [
      {
        file: 'core/election.ts',
        find: 'if (stranded && context.syncedTermVote !== null) context.broadcast(context.syncedTermVote);',
        replace: '',
      },
    ],
    caught: { by: 'test', file: 'core/stranded.test.ts', test: 'a promise is repeated after' },
  },
  {
    what: 'a candidate that gives up goes back to the term before',
    edits: [
      {
        file: 'core/candidacy.ts',
        find: '  context.election.yielded = candidacy.term;\n',
        replace:
          '  context.election.yielded = candidacy.term;\n  context.term = (context.term - 1) as typeof context.term;\n',
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'Rule yield' },
  },
  {
    what: 'a certificate that comes late is an error',
    edits: [
      {
        file: 'core/committing.ts',
        find: "    if (!log.conflicts(certificate)) return context.ignore('already-committed');",
        replace:
          "    if (!log.conflicts(certificate)) return context.halt('invariant', 'committed twice');",
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 5, rules: ['halt'] },
  },
  {
    what: 'a node does not say what it waits for',
    edits: [
      {
        file: 'core/status.ts',
        find: "return { what: 'pre-votes', from: others.filter((id) => !heard(id)) };",
        replace: "return { what: 'nothing', from: others.filter((id) => !heard(id) && false) };",
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'trap: of two validators one alone' },
  },
  {
    what: 'the leader sends what is lost only once',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: '  if (context.now >= peer.repeatAt) repeatProposals(context, from, peer, message);\n',
        replace: '  if (context.now < -1) repeatProposals(context, from, peer, message);\n',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/lost-messages.test.ts',
      test: 'a proposal that reached nobody',
    },
  },
  {
    what: 'a node that lacks entries does not fetch them',
    edits: [
      {
        file: 'core/catch-up.ts',
        find: "context.send(peer, { type: 'fetch', request: next.request, from, tip: next.target });",
        replace: 'if (from < 0) context.send(peer, { type: "leader-alive", term: context.term });',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/membership.test.ts',
      test: 'a newcomer catches up over several epochs',
    },
  },
  {
    what: 'f+1 term votes of a later term are not followed',
    edits: [
      {
        file: 'core/promise.ts',
        find: '  if (lowest !== undefined) {\n    startTerm',
        replace: '  if (lowest === null) {\n    startTerm',
      },
      {
        file: 'core/promise.ts',
        find: 'startTerm(context, lowest.term, promised',
        replace: 'startTerm(context, term, promised',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'joins a justified term vote' },
  },
  {
    what: 'observers vote',
    edits: [
      {
        file: 'core/voting.ts',
        find: '  if (!context.isValidator) return storeWithoutVote(context, entry);\n',
        replace: '  if (storeWithoutVote === undefined) return;\n',
      },
    ],
    caught: { by: 'test', file: 'core/membership.test.ts', test: 'an observer follows, executes' },
  },
  {
    what: 'a single validator waits for others',
    edits: [
      {
        file: 'core/core.ts',
        find: 'if (context.isValidator && context.quorum === 1) context',
        replace: 'if (context.isValidator && context.quorum === 0) context',
      },
    ],
    caught: { by: 'test', file: LIVENESS, test: 'one validator leads and commits at once' },
  },
  {
    what: 'a follower that missed a certificate is not sent it',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: '  if (certificate !== null && message.committed.index < log.committed.index) {',
        replace: '  if (certificate !== null && message.committed.index < 0) {',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/lost-messages.test.ts',
      test: 'a certificate that a follower missed',
    },
  },
  {
    what: 'who asked once for a leader does not ask again',
    edits: [
      {
        file: 'core/election.ts',
        find: 'preVote: election.preVote, relayed });\n  election.repeatAt = context.now + repeatInterval(context);',
        replace:
          'preVote: election.preVote, relayed });\n  election.repeatAt = Number.POSITIVE_INFINITY;',
      },
    ],
    caught: { by: 'test', file: 'core/replication.test.ts', test: 'replication begins soon after' },
  },
];
