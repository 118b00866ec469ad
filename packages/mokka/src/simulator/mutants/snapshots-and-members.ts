/** Mistakes with snapshots, pruning and changes of the members, each an edit of the core's sources. */
import type { Mutant } from './mutant.ts';

const SNAPSHOTS = 'core/snapshot.test.ts';
const EPOCHS = 'core/snapshot-epochs.test.ts';
const MEMBERS = 'core/membership-safety.test.ts';

export const SNAPSHOT_AND_MEMBER_MISTAKES: readonly Mutant[] = [
  {
    what: 'a snapshot is taken without a look at its certificate',
    edits: [
      {
        file: 'core/snapshot-offer.ts',
        find: 'if (set === null || !verifyCertificate(certificate, set, context.signer)) {',
        replace: 'if (set === null) {',
      },
    ],
    caught: { by: 'test', file: SNAPSHOTS, test: 'a forged offer with a certificate' },
  },
  {
    what: 'a snapshot of another state than the agreed one is taken',
    edits: [
      {
        file: 'core/snapshot-offer.ts',
        find: 'if (first.stateDigest !== manifest.stateDigest)',
        replace: 'if (first === undefined)',
      },
    ],
    caught: { by: 'test', file: SNAPSHOTS, test: 'a forged offer with a state of its own' },
  },
  {
    what: 'membership entries on the way to a snapshot need no certificate',
    edits: [
      {
        file: 'core/epoch-steps.ts',
        find: 'if (!verifyCertificate(certificate, present, signer)) return entry;',
        replace: '',
      },
    ],
    caught: { by: 'test', file: EPOCHS, test: 'a snapshot of a later epoch is refused with' },
  },
  {
    what: 'a snapshot becomes the state before what completes it is stored',
    edits: [
      {
        file: 'core/snapshot-taking.ts',
        find: "[{ type: 'put-record', name: RECORDED_SNAPSHOT, value }],",
        replace: 'value.length > 0 ? [] : [],',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 4,
      seeds: 60,
      rules: ['exception'],
      crashModel: 'BFT',
      absent: true,
    },
  },
  {
    what: 'entries are pruned before a snapshot of them is proved',
    edits: [
      {
        file: 'core/pruning.ts',
        find: "if (retention === 'archive' || own === null || own >= log.committed.index) return pruning.lowest;",
        replace: "if (retention === 'archive' || log === undefined) return pruning.lowest;",
      },
      {
        file: 'core/pruning.ts',
        find: 'const kept = Math.min(keptFrom(context), own);',
        replace: 'const kept = Math.max(keptFrom(context), own ?? 0);',
      },
      {
        file: 'core/pruning.ts',
        find: 'const isNeeded = isMissing || isWanted || isUnproved;',
        replace: 'const isNeeded = isMissing && isWanted && isUnproved;',
      },
    ],
    caught: { by: 'test', file: EPOCHS, test: 'pruning leaves a way' },
  },
  {
    what: 'the next set acts before the membership entry is committed',
    edits: [
      {
        file: 'core/voting.ts',
        find: "import { lockOnAwaited } from './preparing.ts';",
        replace:
          "import { beginEpoch } from './epoch-change.ts';\nimport { lockOnAwaited } from './preparing.ts';",
      },
      {
        file: 'core/voting.ts',
        find: '  lockOnAwaited(context, entry);\n}\n\n/** An observer',
        replace:
          "  lockOnAwaited(context, entry);\n  if (entry.kind === 'membership') beginEpoch(context, entry, { phase: 'commit', epoch: entry.epoch, term: entry.term, ...id, votes: [] });\n}\n\n/** An observer",
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 10,
      rules: ['membership'],
      changing: true,
    },
  },
  {
    what: 'votes of the epoch before count',
    edits: [
      {
        file: 'core/committing.ts',
        find: "if (vote.epoch !== context.epoch) return context.ignore('other-epoch');",
        replace: '',
      },
    ],
    caught: { by: 'test', file: MEMBERS, test: 'in the new epoch, votes of the old one' },
  },
  {
    what: 'observers vote, and their votes count',
    edits: [
      {
        file: 'core/committing.ts',
        find: "if (!context.validators.includes(vote.voter)) return context.ignore('not-a-validator');",
        replace: '',
      },
      {
        file: 'core/voting.ts',
        find: 'if (!context.isValidator) return storeWithoutVote(context, entry);',
        replace: 'if (storeWithoutVote === undefined) return;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 4,
      seeds: 10,
      rules: ['membership', 'commit'],
      changing: true,
    },
  },
  {
    what: 'rule membership (BFT): after a restart the certificate that ended the epoch before replaces a lock of this one',
    edits: [
      {
        file: 'driver/restore.ts',
        find: '(certificate) => certificate?.epoch === epochs.length,',
        replace: '(certificate) => certificate !== null,',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/recertified-membership.test.ts',
      test: 'a lock of the next epoch outlives a restart',
    },
  },
  {
    what: 'observers: nobody answers one that its leader leaves out',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: 'if (leading === null && !message.following) tellCommitted(context, from, message.committed);',
        replace: '',
      },
      {
        file: 'core/heartbeats.ts',
        find: 'function tellCommitted(',
        replace: 'export function tellCommitted(',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/byzantine-membership.test.ts',
      test: 'and tells nothing follows through the others',
    },
  },
];
