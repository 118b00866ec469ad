/** `proposeMembership` of a node: one promise for each request that the core has not answered yet. */
import type { Input } from '../core/input.ts';
import type { MembershipChange } from '../core/members.ts';
import type { MembershipErrorCode, MembershipResult } from '../core/membership.ts';
import type { Epoch, LogIndex } from '../core/types.ts';

/** A change of the members was committed. */
export interface CommittedMembership {
  /** The epoch that it began. */
  readonly epoch: Epoch;
  /** Of its entry. */
  readonly index: LogIndex;
}

/** A change of the members was not made, or not in time. */
export class MembershipError extends Error {
  override readonly name = 'MembershipError';
  readonly code: MembershipErrorCode | 'stopped';

  constructor(code: MembershipErrorCode | 'stopped', message: string) {
    super(message);
    this.code = code;
  }
}

interface Call {
  resolve(committed: CommittedMembership): void;
  reject(error: MembershipError): void;
}

export class MembershipCalls {
  readonly #calls = new Map<number, Call>();
  #next = 1;

  propose(
    change: MembershipChange,
    timeout: number,
    input: (input: Input) => void,
  ): Promise<CommittedMembership> {
    const request = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(request, { resolve, reject });
      input({ type: 'propose-membership', request, change, timeout });
    });
  }

  answer(request: number, result: MembershipResult): void {
    const call = this.#calls.get(request);
    this.#calls.delete(request);
    if (result.accepted) call?.resolve({ epoch: result.epoch, index: result.index });
    else call?.reject(new MembershipError(result.code, result.message));
  }

  /** The node no longer runs. */
  close(): void {
    for (const call of this.#calls.values()) {
      call.reject(new MembershipError('stopped', 'the node stopped; the change may be committed'));
    }
    this.#calls.clear();
  }
}
