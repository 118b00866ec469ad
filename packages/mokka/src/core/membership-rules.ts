/** Whether a membership entry may be voted for. Pure, so that clients can check a log offline. Rule *membership*. */
import { DecodeError } from '../codec/decode-error.ts';
import { decodeMembership, type MembershipPayload } from '../codec/membership-codec.ts';
import type { Entry } from './entry.ts';
import type { EpochSet } from './epochs.ts';
import { addedValidators, invalidMembers, sameMembers } from './members.ts';
import type { StatementSigner } from './signing.ts';
import type { Readiness } from './statements.ts';
import type { EntryHash, NodeId } from './types.ts';

/** What the check of readiness needs besides the entry. */
export interface ReadinessRules {
  readonly signer: StatementSigner;
  /** Entries that an added validator may lack: `limits.readinessWindow`. */
  readonly window: number;
  /** The hash at an index as far as it is known. */
  readonly hashAt: (index: number) => EntryHash | undefined;
}

/** The payload of a membership entry on top of `present`, or why it is none. */
export function readMembership(
  entry: Entry,
  present: Pick<EpochSet, 'members'>,
  rules: ReadinessRules,
): MembershipPayload | string {
  let payload: MembershipPayload;
  try {
    payload = decodeMembership(entry.payload);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.message;
  }
  const { members, readiness } = payload;
  const reason = invalidMembers(members);
  if (reason !== null) return reason;
  if (sameMembers(members, present.members)) return 'it changes nothing';
  const added = addedValidators(present.members, members);
  if (readiness.length !== added.length) return 'readiness is not of the added validators';
  for (const id of added) {
    const statement = readiness.find(({ member }) => member === id);
    if (statement === undefined || !isReady(statement, id, entry, rules)) {
      return `validator ${id} is not shown to be ready`;
    }
  }
  return payload;
}

/** Whether a statement of readiness serves an entry at this place. */
export function isReady(
  statement: Readiness,
  member: NodeId,
  place: Pick<Entry, 'index' | 'epoch'>,
  { signer, window, hashAt }: ReadinessRules,
): boolean {
  const known = hashAt(statement.index);
  return (
    statement.member === member &&
    statement.epoch === place.epoch &&
    statement.index < place.index &&
    statement.index >= place.index - window &&
    (known === undefined || known === statement.hash) &&
    signer.verify(statement)
  );
}
