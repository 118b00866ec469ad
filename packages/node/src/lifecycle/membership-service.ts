/** Who belongs to the network, and changes of that on an operator's word. Rule *membership*. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CommittedMembership,
  faultsTolerated,
  formatPeerAddress,
  type LogIndex,
  type Member,
  type MembershipChange,
  MembershipError,
  type Mokka,
  type NodeId,
  quorumSize,
  type Storage,
} from 'mokka';
import { advertisedRpcUrl, rpcUrlOf } from '../config/advertised-rpc-url.ts';
import type {
  MemberReport,
  MembershipAnswer,
  MembersReport,
} from '../threads/membership-contract.ts';
import { numberOf } from './consensus.ts';
import type { NodeOptions } from './node-options.ts';
import type { PeerView } from './peer-view.ts';

/** How long an operator waits for the commit, in milliseconds. */
const COMMIT_TIMEOUT_MS = 10_000;
/** In a Byzantine network the other operators have to ask for the same meanwhile, so the answer comes sooner, */
const APPROVAL_ANSWER_MS = 2_000;
/** and this node goes on asking for so long. */
const APPROVAL_TIMEOUT_MS = 300_000;
/** Changes of the members that are looked through for the last. */
const MAX_CHANGES = 100_000;
const MAX_CHANGES_BYTES = 64 * 1024 * 1024;

export interface MembershipModules {
  readonly mokka: Mokka;
  readonly storage: Pick<Storage, 'range'>;
  readonly view: PeerView;
  readonly head: () => { readonly number: number };
}

/** BFT: what this node asks for until a quorum of operators does. */
interface AskedChange {
  readonly change: MembershipChange;
  readonly committed: Promise<CommittedMembership>;
}

export class MembershipService {
  readonly #options: NodeOptions;
  readonly #modules: MembershipModules;
  #began: { readonly epoch: number; readonly index: number } | null = null;
  #asking: AskedChange | null = null;

  constructor(options: NodeOptions, modules: MembershipModules) {
    this.#options = options;
    this.#modules = modules;
  }

  async members(): Promise<MembersReport> {
    const { epoch, members, leader } = this.#modules.mokka.status();
    const { crashModel } = this.#options.genesis.praline;
    const validators = validatorsAmong(members).length;
    return {
      epoch,
      since: await this.#sinceOf(epoch),
      crashModel,
      quorum: quorumSize(crashModel, validators),
      faults: faultsTolerated(crashModel, validators),
      members: members.map((member) => this.#report(member, leader)),
    };
  }

  /**
   * Answers when the change is in force, or, in a Byzantine network, that this node goes on asking for it. Rejects with
   * `MembershipError`.
   */
  async propose(change: MembershipChange): Promise<MembershipAnswer> {
    const { mokka } = this.#modules;
    const { crashModel } = this.#options.genesis.praline;
    this.#options.logger.warn({ change }, 'change of the members proposed here');
    if (crashModel === 'CFT') {
      const committed = await mokka.proposeMembership(change, { timeoutMs: COMMIT_TIMEOUT_MS });
      return { state: 'committed', ...committed, approvalsNeeded: 1, proposeOn: [] };
    }
    const { epoch, members } = mokka.status();
    const validators = validatorsAmong(members);
    if (!validators.includes(this.#options.key.id)) {
      throw new MembershipError(
        'not-approved',
        'this node is no validator, so its word does not count in a Byzantine network',
      );
    }
    const answer = pause(APPROVAL_ANSWER_MS, null, { ref: false });
    const committed = await Promise.race([this.#approve(change), answer]);
    const others = validators.filter((id) => id !== this.#options.key.id);
    return {
      state: committed === null ? 'approved' : 'committed',
      epoch: committed?.epoch ?? epoch + 1,
      index: committed?.index ?? null,
      approvalsNeeded: quorumSize(crashModel, validators.length),
      proposeOn:
        committed !== null
          ? []
          : others.map((id) => ({
              node: numberOf(this.#options, id),
              publicKey: id,
              rpcUrl: this.#rpcUrl(id),
            })),
    };
  }

  /** Asks for a change until a quorum of operators does. The same one asked for again shares the answer. */
  #approve(change: MembershipChange): Promise<CommittedMembership> {
    const wanted = JSON.stringify(change);
    const asked = this.#asking;
    if (asked !== null && JSON.stringify(asked.change) === wanted) {
      return asked.committed;
    }
    if (asked !== null) {
      throw new MembershipError(
        'change-under-way',
        `this node asks for another change already (${describeChange(asked.change)}) and goes on for up to ${APPROVAL_TIMEOUT_MS / 60_000} minutes`,
      );
    }
    const committed = this.#modules.mokka.proposeMembership(change, {
      timeoutMs: APPROVAL_TIMEOUT_MS,
    });
    const asking = { change, committed };
    this.#asking = asking;
    const ended = (outcome: object | string) => {
      if (this.#asking === asking) this.#asking = null;
      this.#options.logger.info({ change, outcome }, 'change of the members ended');
    };
    // Whoever waits for it hears of a failure; nobody may.
    committed.then(ended, (error: unknown) => ended(String(error)));
    return committed;
  }

  #report(member: Member, leader: NodeId | null): MemberReport {
    const { id, role, host, port } = member;
    const isSelf = id === this.#options.key.id;
    const { connected, status } = this.#modules.view.peer(id);
    const { mokka, head } = this.#modules;
    return {
      node: numberOf(this.#options, id),
      publicKey: id,
      role,
      address: formatPeerAddress(member),
      host,
      port,
      isSelf,
      isLeader: id === leader,
      connected: isSelf || connected,
      rpcUrl: this.#rpcUrl(id),
      appliedIndex: isSelf ? mokka.status().appliedIndex : (status?.appliedIndex ?? null),
      blockNumber: isSelf ? head().number : (status?.blockNumber ?? null),
    };
  }

  #rpcUrl(id: NodeId): string | null {
    const { members, key, number } = this.#options;
    const own = id === key.id ? members[number - 1] : undefined;
    return own === undefined
      ? rpcUrlOf(members, id, this.#modules.view.peer(id).status)
      : (advertisedRpcUrl(own) ?? rpcUrlOf(members, id, null));
  }

  /** An epoch began with the entry at `index`, which may still be on its way to the disk. */
  epochBegan(epoch: number, index: number): void {
    this.#began = { epoch, index };
  }

  /** Index of the entry that began the present epoch; after a restart it is read from the log. */
  async #sinceOf(epoch: number): Promise<number> {
    if (epoch === 0) return 0;
    return this.#began?.epoch === epoch ? this.#began.index : await this.#lastChange();
  }

  async #lastChange(): Promise<number> {
    const { storage, mokka } = this.#modules;
    const changes = await storage.range('memberships', 1, mokka.status().commitIndex as LogIndex, {
      maxCount: MAX_CHANGES,
      maxBytes: MAX_CHANGES_BYTES,
    });
    return changes.at(-1)?.key ?? 0;
  }
}

function validatorsAmong(members: readonly Member[]): NodeId[] {
  return members.filter(({ role }) => role === 'validator').map(({ id }) => id);
}

function describeChange(change: MembershipChange): string {
  switch (change.type) {
    case 'add':
      return `add ${change.member.id}`;
    case 'replace':
      return `replace ${change.id} by ${change.by}`;
    default:
      return `${change.type} ${change.id}`;
  }
}
