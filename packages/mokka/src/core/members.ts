/** Who belongs to a cluster, and the ways in which that may change. Rule *membership*. */
import type { NodeId } from './types.ts';

/** A validator votes and leads; an observer stores and executes everything and never counts. */
export type MemberRole = 'validator' | 'observer';

/** One member of an epoch, at the address where the others reach it. */
export interface Member {
  readonly id: NodeId;
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  readonly role: MemberRole;
}

/** What an operator asks for, relative to the members of the present epoch. */
export type MembershipChange =
  /** A new observer; it is promoted once it has caught up. */
  | { readonly type: 'add'; readonly member: Omit<Member, 'role'> }
  | { readonly type: 'remove'; readonly id: NodeId }
  /** Of an observer to the last validator. */
  | { readonly type: 'promote'; readonly id: NodeId }
  /** Of a validator to an observer. */
  | { readonly type: 'demote'; readonly id: NodeId }
  /** An observer takes the place of a validator, which is removed. */
  | { readonly type: 'replace'; readonly id: NodeId; readonly by: NodeId };

/** Greatest number of members: what fits in the lists of a message. */
const MAX_MEMBERS = 256;
/** Longest name of a host in bytes (RFC 1035). */
export const MAX_HOST_BYTES = 253;

/** The validators of a member list, in their agreed order. */
export function validatorsOf(members: readonly Member[]): NodeId[] {
  return members.filter(({ role }) => role === 'validator').map(({ id }) => id);
}

/** The validators of `next` that are none in `present`. */
export function addedValidators(present: readonly Member[], next: readonly Member[]): NodeId[] {
  const before = new Set(validatorsOf(present));
  return validatorsOf(next).filter((id) => !before.has(id));
}

/** The member list after a change; null where the change has no meaning for these members. */
export function changedMembers(
  members: readonly Member[],
  change: MembershipChange,
): readonly Member[] | null {
  const roleOf = (id: NodeId) => members.find((member) => member.id === id)?.role ?? null;
  switch (change.type) {
    case 'add':
      return roleOf(change.member.id) === null
        ? [...members, { ...change.member, role: 'observer' }]
        : null;
    case 'remove':
      return roleOf(change.id) === null ? null : members.filter(({ id }) => id !== change.id);
    case 'promote': {
      const promoted = members.find(({ id }) => id === change.id);
      if (promoted?.role !== 'observer') return null;
      const others = members.filter((member) => member !== promoted);
      return [...others, { ...promoted, role: 'validator' }];
    }
    case 'demote':
      if (roleOf(change.id) !== 'validator') return null;
      return members.map((member) =>
        member.id === change.id ? { ...member, role: 'observer' } : member,
      );
    case 'replace': {
      const by = members.find(({ id }) => id === change.by);
      if (roleOf(change.id) !== 'validator' || by?.role !== 'observer') return null;
      return members
        .filter((member) => member !== by)
        .map((member) => (member.id === change.id ? { ...by, role: 'validator' } : member));
    }
  }
}

/** Why a list can not be the members of an epoch; null when it can. */
export function invalidMembers(members: readonly Member[]): string | null {
  if (members.length > MAX_MEMBERS) return `there are at most ${MAX_MEMBERS} members`;
  if (validatorsOf(members).length === 0) return 'at least one validator is needed';
  if (new Set(members.map(({ id }) => id)).size !== members.length) {
    return 'a member is named twice';
  }
  const addresses = members.map(({ host, port }) => `${host}:${port}`);
  if (new Set(addresses).size !== members.length) return 'two members have the same address';
  for (const { host, port } of members) {
    if (host.length === 0 || host.length > MAX_HOST_BYTES) return 'a host is no name';
    if (!Number.isInteger(port) || port < 1 || port > 65535) return 'a port is no port';
  }
  return null;
}

export function sameMembers(left: readonly Member[], right: readonly Member[]): boolean {
  return (
    left.length === right.length &&
    left.every((member, at) => {
      const other = right[at];
      return (
        member.id === other?.id &&
        member.role === other.role &&
        member.host === other.host &&
        member.port === other.port
      );
    })
  );
}
