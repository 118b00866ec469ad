/** Who belongs to the network, and changes of that on an operator's word. Rule *membership*. */
import {
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
/** In a Byzantine network the others have to be asked as well, so the answer comes sooner. */
const APPROVAL_TIMEOUT_MS = 3_000;
/** Changes of the members that are looked through for the last. */
const MAX_CHANGES = 100_000;
const MAX_CHANGES_BYTES = 64 * 1024 * 1024;

export interface MembershipModules {
  readonly mokka: Mokka;
  readonly storage: Pick<Storage, 'range'>;
  readonly view: PeerView;
  readonly head: () => { readonly number: number };
}

export class MembershipService {
  readonly #options: NodeOptions;
  readonly #modules: MembershipModules;

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
      since: epoch === 0 ? 0 : await this.#lastChange(),
      crashModel,
      quorum: quorumSize(crashModel, validators),
      faults: faultsTolerated(crashModel, validators),
      members: members.map((member) => this.#report(member, leader)),
    };
  }

  /** Rejects with `MembershipError`. */
  async propose(change: MembershipChange): Promise<MembershipAnswer> {
    const { mokka } = this.#modules;
    const { crashModel } = this.#options.genesis.praline;
    const { epoch, members } = mokka.status();
    const validators = validatorsAmong(members);
    const approvalsNeeded = crashModel === 'BFT' ? quorumSize(crashModel, validators.length) : 1;
    const timeoutMs = crashModel === 'BFT' ? APPROVAL_TIMEOUT_MS : COMMIT_TIMEOUT_MS;
    this.#options.logger.warn({ change }, 'change of the members proposed here');
    try {
      const committed = await mokka.proposeMembership(change, { timeoutMs });
      return { state: 'committed', ...committed, approvalsNeeded, proposeOn: [] };
    } catch (error) {
      const isWaiting = error instanceof MembershipError && error.code === 'timed-out';
      if (crashModel === 'CFT' || !isWaiting) {
        throw error;
      }
      return {
        state: 'approved',
        epoch: epoch + 1,
        index: null,
        approvalsNeeded,
        proposeOn: validators
          .filter((id) => id !== this.#options.key.id)
          .map((id) => ({
            node: numberOf(this.#options, id),
            publicKey: id,
            rpcUrl: this.#rpcUrl(id),
          })),
      };
    }
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

  /** Index of the committed membership entry that began the present epoch. */
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
