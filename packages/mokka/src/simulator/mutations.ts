/**
 * Broken nodes, to prove that the checkers notice: each mutation changes, from outside, what a correct core is told, keeps
 * or says. Used by tests only; the core has no back door for it.
 */
import { createEntry } from '../codec/entry-codec.ts';
import type { Effect } from '../core/effect.ts';
import type { Input } from '../core/input.ts';
import { StatementSigner } from '../core/signing.ts';
import type { SignatureScheme, Vote } from '../core/statements.ts';
import type { Instant, NodeId, Signature } from '../core/types.ts';
import type { BootRequest, ConsensusCore, CoreBinding } from './binding.ts';

/** Wraps a core of one boot of one node. */
type Wrap = (core: ConsensusCore, request: BootRequest) => ConsensusCore;

function wrapped(binding: CoreBinding, wrap: Wrap): CoreBinding {
  return { ...binding, boot: async (request) => wrap(await binding.boot(request), request) };
}

function changeEffects(
  core: ConsensusCore,
  change: (effect: Effect) => readonly Effect[],
): ConsensusCore {
  return {
    step: (input, instant) => core.step(input, instant).flatMap(change),
    nextDeadline: () => core.nextDeadline(),
  };
}

function ignoreInputs(core: ConsensusCore, isIgnored: (input: Input) => boolean): ConsensusCore {
  return {
    step: (input, instant) => (isIgnored(input) ? [] : core.step(input, instant)),
    nextDeadline: () => core.nextDeadline(),
  };
}

/** The host says `persisted` at once, so messages leave before the disk is synced. */
export function persistedTooEarly(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) => {
    const step = (input: Input, instant: Instant): Effect[] =>
      core.step(input, instant).flatMap((effect) => {
        if (effect.type !== 'persist') return [effect];
        return [effect, ...step({ type: 'persisted', ticket: effect.ticket }, instant)];
      });
    return {
      step: (input, instant) => (input.type === 'persisted' ? [] : step(input, instant)),
      nextDeadline: () => core.nextDeadline(),
    };
  });
}

/** Writes of one table are lost, all others are not. */
export function withoutTable(table: 'votes' | 'entries'): (binding: CoreBinding) => CoreBinding {
  return (binding) =>
    wrapped(binding, (core) =>
      changeEffects(core, (effect) => {
        if (effect.type !== 'persist') return [effect];
        const isKept = (operation: (typeof effect.operations)[number]): boolean =>
          operation.type !== 'put' || operation.table !== table || operation.key === 1;
        return [{ ...effect, operations: effect.operations.filter(isKept) }];
      }),
    );
}

/** Term votes are sent without their record in the same transaction. */
export function withoutTermVoteRecord(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) =>
    changeEffects(core, (effect) => {
      if (effect.type !== 'persist') return [effect];
      const operations = effect.operations.filter(
        (operation) => operation.type !== 'put-record' || !operation.name.includes('vote'),
      );
      return [{ ...effect, operations }];
    }),
  );
}

/** A restarted node knows its log and nothing else: no promise, no vote, no binding. */
export function forgetsPromises(binding: CoreBinding): CoreBinding {
  return {
    ...binding,
    boot: async (request) => {
      const records = await request.storage.records();
      await request.storage.write([
        { type: 'delete-from', table: 'votes', from: 0 },
        ...[...records.keys()]
          .filter((name) => name !== 'identity')
          .map((name) => ({ type: 'delete-record', name }) as const),
      ]);
      return binding.boot(request);
    },
  };
}

/** A restarted node has lost what its application had not applied yet. */
export function forgetsTail(binding: CoreBinding): CoreBinding {
  return {
    ...binding,
    boot: async (request) => {
      const from = request.application.applied.index + 1;
      await request.storage.write([
        { type: 'delete-from', table: 'entries', from },
        { type: 'delete-from', table: 'votes', from },
        { type: 'delete-record', name: 'binding' },
      ]);
      return binding.boot(request);
    },
  };
}

/** A leader starts its term in two ways: one for its first peers, another for the last. */
export function twoTermStarts(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core, request) => {
    const last = request.validators.findLast((_, number) => number !== request.node);
    return changeEffects(core, (effect) => {
      if (effect.type !== 'send' || effect.message.type !== 'propose') return [effect];
      const { entry } = effect.message;
      if (effect.to !== last || entry.kind !== 'term-start') return [effect];
      const other = createEntry({ ...entry, timestamp: entry.timestamp + 1 });
      return [{ ...effect, message: { type: 'propose', entry: other } }];
    });
  });
}

/** Whoever counts votes counts one more for each: that of the next validator, which never cast it. */
export function quorumOneTooSmall(binding: CoreBinding): CoreBinding {
  const schemes = new Map<NodeId, SignatureScheme>();
  return {
    ...binding,
    boot: async (request) => {
      const { validators, clusterId, node } = request;
      const self = validators[node];
      if (self !== undefined) schemes.set(self, request.signatures);
      const core = await binding.boot(request);
      return {
        step: (input, instant) => {
          const effects = [...core.step(input, instant)];
          if (input.type !== 'message' || input.message.type !== 'vote') return effects;
          const { signature: _, ...vote } = input.message.vote;
          const voter = validators.find((id) => id !== self && id !== vote.voter);
          const scheme = voter === undefined ? undefined : schemes.get(voter);
          if (voter === undefined || scheme === undefined) return effects;
          const forged = new StatementSigner(clusterId, scheme).sign<Vote>({ ...vote, voter });
          const message = { type: 'vote', vote: forged } as const;
          return [...effects, ...core.step({ type: 'message', from: voter, message }, instant)];
        },
        nextDeadline: () => core.nextDeadline(),
      };
    },
  };
}

/** Heartbeats tell of the last stored entry as committed. */
export function committedTooEarly(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) =>
    changeEffects(core, (effect) => {
      if (effect.type !== 'send' || effect.message.type !== 'heartbeat') return [effect];
      const { message } = effect;
      return [{ ...effect, message: { ...message, committed: message.last } }];
    }),
  );
}

/** The application is never told that accepted entries were dropped. */
export function withoutRollback(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) =>
    changeEffects(core, (effect) => (effect.type === 'rollback' ? [] : [effect])),
  );
}

/** Entries are handed to the application before anybody else has them. */
export function skipsCommits(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) =>
    changeEffects(core, (effect) =>
      effect.type === 'commit' && (effect.entries[0]?.index ?? 0) % 5 === 0 ? [] : [effect],
    ),
  );
}

/** Signatures cover the first bytes of a statement only, so that one is worth many. */
export function signaturesTooShort(binding: CoreBinding): CoreBinding {
  const shorten = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, 52);
  return {
    ...binding,
    boot: (request) =>
      binding.boot({
        ...request,
        signatures: {
          sign: (bytes): Signature => request.signatures.sign(shorten(bytes)),
          verify: (signer, bytes, signature) =>
            request.signatures.verify(signer, shorten(bytes), signature),
        },
      }),
  };
}

/** Nobody answers when asked for entries. */
export function withoutFetching(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) =>
    ignoreInputs(core, (input) => input.type === 'message' && input.message.type === 'fetch'),
  );
}

/** Nodes never miss their leader. */
export function withoutElections(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) =>
    changeEffects(core, (effect) =>
      effect.type === 'send' && effect.message.type === 'pre-vote' ? [] : [effect],
    ),
  );
}

/** A leader hands its term to itself. */
export function handsOverBackwards(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core, request) =>
    changeEffects(core, (effect) => {
      if (effect.type !== 'send' || effect.message.type !== 'hand-over') return [effect];
      const signer = new StatementSigner(request.clusterId, request.signatures);
      const { signature: _, ...handOver } = effect.message.handOver;
      const backwards = signer.sign<typeof effect.message.handOver>({
        ...handOver,
        toTerm: handOver.fromTerm,
      });
      return [{ ...effect, message: { type: 'hand-over', handOver: backwards } }];
    }),
  );
}

/** Time stands still for the node: it wants a tick for ever. */
export function spins(binding: CoreBinding): CoreBinding {
  return wrapped(binding, (core) => ({
    step: (input, instant) => core.step(input, instant),
    nextDeadline: () => 0,
  }));
}
