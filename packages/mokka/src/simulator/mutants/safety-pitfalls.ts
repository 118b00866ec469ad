/** Mistakes in consensus by which other systems have lost agreement, each an edit of the core; `docs/pitfalls.md` has the table. */
import type { Mutant } from './mutant.ts';

const SAFETY = 'core/safety-rules.test.ts';
const VERIFICATION = 'core/verification.test.ts';

export const SAFETY_PITFALLS: readonly Mutant[] = [
  {
    what: 'a lock is kept although a later proof superseded its entry (BFT)',
    edits: [
      {
        file: 'core/lock.ts',
        find: 'preparation.certificate?.index ?? 0) > to.index) preparation',
        replace: 'preparation.certificate?.index ?? 0) < to.index) preparation',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/byzantine-safety.test.ts',
      test: 'a lock whose entry a later proof superseded',
    },
  },
  {
    what: 'a leader answers reads by its leadership alone',
    edits: [
      {
        file: 'core/read-index.ts',
        find: 'if (round.answers.size < context.quorum) return false;',
        replace: 'if (context.leading !== null) return true;',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/read-index.test.ts',
      test: 'does not confirm at a node that is cut off',
    },
  },
  {
    what: 'votes of another epoch count',
    edits: [
      {
        file: 'core/committing.ts',
        find: "  if (vote.epoch !== context.epoch) return context.ignore('other-epoch');\n",
        replace: '',
      },
      {
        file: 'core/committing.ts',
        find: 'return vote.term === context.ledTerm && entry?.hash',
        replace: 'return entry?.hash',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/membership-safety.test.ts',
      test: 'in the new epoch, votes of the old one',
    },
  },
  {
    what: 'another history than the trusted one is taken',
    edits: [
      {
        file: 'core/trusted-entry.ts',
        find: '!found || found.hash === trusted.hash) return true;',
        replace: '!found || found.hash !== null) return true;',
      },
    ],
    caught: { by: 'test', file: 'core/snapshot.test.ts', test: 'a trusted entry' },
  },
  {
    what: 'entries are applied when they are stored',
    edits: [
      {
        file: 'core/execution.ts',
        find: 'const to = Math.min(log.committed.index, log.syncedIndex, end);',
        replace: 'const to = log.certificate === null || end < 0 ? 0 : log.syncedIndex;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 60,
      turbulent: true,
      rules: ['application', 'agreement', 'halt', 'exception', 'durability', 'commit'],
    },
  },
  {
    what: 'signatures in a certificate are not checked',
    edits: [
      {
        file: 'core/verification.ts',
        find: "    signer.verify({ type: 'vote', phase, epoch, term, index, hash, voter, signature }),",
        replace:
          '    signer !== undefined && hash === hash && voter.length + signature.length > 0,',
      },
      {
        file: 'core/verification.ts',
        find: 'const { epoch, term, index, hash, phase, votes } = certificate;',
        replace: 'const { epoch, term, index, hash, votes } = certificate;',
      },
    ],
    caught: { by: 'test', file: VERIFICATION, test: 'Rule commit' },
  },
  {
    what: 'a certificate may name one voter twice',
    edits: [
      {
        file: 'core/verification.ts',
        find: '  if (voters.size !== count) return false;\n',
        replace: '',
      },
      {
        file: 'core/verification.ts',
        find: 'return voters.size >= quorumSize',
        replace: 'return count >= quorumSize',
      },
    ],
    caught: { by: 'test', file: VERIFICATION, test: 'Rule commit' },
  },
  {
    what: 'signatures in a leader proof are not checked',
    edits: [
      {
        file: 'core/verification.ts',
        find: '      vote.lock.index >= startOf(set) &&\n      signer.verify(vote),',
        replace: '      vote.lock.index >= startOf(set),',
      },
    ],
    caught: { by: 'test', file: VERIFICATION, test: 'Rule proof' },
  },
  {
    what: 'a proof is checked against every subset of the validators',
    edits: [
      {
        file: 'core/verification.ts',
        find: '  return votes.every(\n    (vote) =>\n      vote.term === proof.term &&',
        replace:
          '  return votes.flatMap((one) => votes.map((other) => [one, other] as const)).every(\n    ([vote]) =>\n      vote.term === proof.term &&',
      },
    ],
    caught: {
      by: 'test',
      file: VERIFICATION,
      test: 'costs one check of a signature for each vote',
    },
  },
  {
    what: 'votes with a wrong signature count',
    edits: [
      {
        file: 'core/committing.ts',
        find: "  if (!context.signer.verify(vote)) return context.ignore('bad-signature');\n",
        replace: '',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'counts no vote twice' },
  },
  {
    what: 'a validator votes for two entries at one place',
    edits: [
      {
        file: 'core/voting.ts',
        find: 'if (known !== undefined && known.term >= term) {',
        replace: 'if (known !== undefined && known.term > term) {',
      },
      {
        file: 'core/voting.ts',
        find: 'return known.term !== entry.term || known.hash !== entry.hash;',
        replace: 'return known.term !== entry.term;',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/byzantine-safety.test.ts',
      test: 'a second chain of one term that was certified',
    },
  },
  {
    what: 'proposals of anybody are taken',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: 'if (context.leaderOf(entry.term) !== from || entry.proposer !== from) {',
        replace: 'if (context.leaderOf(entry.term) === undefined) {',
      },
      {
        file: 'core/voting.ts',
        find: 'entry.epoch !== context.epoch || entry.proposer !== leadership.leader)',
        replace: 'entry.epoch !== context.epoch)',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'accepts proposals of the leader only' },
  },
  {
    what: 'a tail that conflicts with what was agreed on can not be replaced',
    edits: [
      {
        file: 'core/committing.ts',
        find: '    if (log.tip.term > term) {',
        replace: '    if (log.tip.term <= term) {',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/adoption.test.ts',
      test: 'drops what conflicts with a fetched anchor',
    },
  },
  {
    what: 'a node whose state differs from the agreed one goes on',
    edits: [
      {
        file: 'core/execution.ts',
        find: "  context.halt(\n    'state-digest-mismatch',",
        replace: "  context.ignore(\n    'state-digest-mismatch' +",
      },
    ],
    caught: {
      by: 'test',
      file: 'core/state-digest.test.ts',
      test: 'a node whose application comes',
    },
  },
  {
    what: 'an auditor does not look at certificates',
    edits: [
      {
        file: 'core/log-verification.ts',
        find: '    if (certificate !== null) this.#certify(entry, certificate, members);\n',
        replace: '    if (certificate === undefined) this.#certify(entry, certificate, members);\n',
      },
    ],
    caught: { by: 'test', file: 'core/log-verification.test.ts', test: 'damage is named' },
  },
  {
    what: 'leader proofs in a log are not checked by an auditor',
    edits: [
      {
        file: 'core/log-verification.ts',
        find: "    if (entry.kind === 'term-start') this.#checkProof(entry);\n",
        replace: '',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/log-verification.test.ts',
      test: 'damage is named at its place in leader',
    },
  },
];
