/** What the main thread serves to the RPC thread about members and the log, with the answers' shapes. */
import type { MembershipChange } from 'mokka';

export interface MembershipForRpc {
  /** All members of the present epoch. */
  members(): Promise<MembersReport>;
  /** Asks for a change of the members. Throws `MembershipError`. */
  proposeMembership(change: MembershipChange): Promise<MembershipAnswer>;
  /** Committed entries from an index on, as many as fit in an answer. */
  logPage(from: number, count: number): Promise<LogPageReport>;
}

/** Answer of `mokka_getMembers`. */
export interface MembersReport {
  readonly epoch: number;
  /** Index of the entry that made these the members; 0: genesis. */
  readonly since: number;
  readonly crashModel: string;
  /** Validators that must agree. */
  readonly quorum: number;
  /** Validators that may fail, or lie in a Byzantine network. */
  readonly faults: number;
  /** The validators in their agreed order among them. */
  readonly members: readonly MemberReport[];
}

export interface MemberReport {
  /** Number in the cluster file of the node that answers; null when it is not in it. */
  readonly node: number | null;
  readonly publicKey: string;
  /** `validator` or `observer`. */
  readonly role: string;
  /** `tcp://host:port/<public key>`. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** Whether it is the node that answers. */
  readonly isSelf: boolean;
  readonly isLeader: boolean;
  readonly connected: boolean;
  /** What the member said last; null before that. */
  readonly rpcUrl: string | null;
  readonly appliedIndex: number | null;
  readonly blockNumber: number | null;
}

/** Answer of `mokka_proposeMembership`. */
export interface MembershipAnswer {
  /**
   * `committed`: the change is in force. `approved`: a Byzantine network, where this node will vote for the change when
   * as many operators as are needed have proposed it on their validators.
   */
  readonly state: 'committed' | 'approved';
  /** The epoch that the change began, or would begin. */
  readonly epoch: number;
  /** Of its entry; null before it is committed. */
  readonly index: number | null;
  /** Validators on which the same must be proposed at all. */
  readonly approvalsNeeded: number;
  /** The other validators, on which it is to be proposed too as long as it is not committed. */
  readonly proposeOn: readonly {
    readonly node: number | null;
    readonly publicKey: string;
    readonly rpcUrl: string | null;
  }[];
}

/** Answer of `mokka_getLog`. */
export interface LogPageReport {
  /** Last committed entry of this node. */
  readonly commitIndex: number;
  /** First entry that this node holds. */
  readonly firstIndex: number;
  /** Where `from` is below that: the membership entries from there on below it, which are always kept, as many as fit. */
  readonly memberships: readonly LogRecordReport[];
  readonly entries: readonly LogRecordReport[];
}

export interface LogRecordReport {
  readonly index: number;
  /** Canonical RLP of the entry. */
  readonly entry: string;
  /** Canonical RLP of the certificate that names exactly this entry; null where none is kept. */
  readonly certificate: string | null;
}
