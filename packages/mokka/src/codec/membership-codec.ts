/** Encoding of member lists, and of what a membership entry carries. Signatures are checked elsewhere. */
import { MAX_HOST_BYTES, type Member } from '../core/members.ts';
import type { Readiness } from '../core/statements.ts';
import { DecodeError } from './decode-error.ts';
import {
  decodeItem,
  encodeItem,
  hexItem,
  type Item,
  integerItem,
  readFields,
  textItem,
} from './rlp.ts';
import { readStatementOf, statementItem } from './statement-codec.ts';

/** The payload of a membership entry: the complete next member list, and readiness of every added validator. */
export interface MembershipPayload {
  readonly members: readonly Member[];
  readonly readiness: readonly Readiness[];
}

export function encodeMembership({ members, readiness }: MembershipPayload): Uint8Array {
  return encodeItem([members.map(memberItem), readiness.map(statementItem)]);
}

/** Throws {@link DecodeError}. Whether the list makes a valid set is not checked here. */
export function decodeMembership(bytes: Uint8Array): MembershipPayload {
  return readFields(decodeItem(bytes), (fields) => ({
    members: fields.list(readMember),
    readiness: fields.list((item) => readStatementOf('readiness', item)),
  }));
}

export function memberItem(member: Member): Item {
  return [
    hexItem(member.id),
    textItem(member.host),
    integerItem(member.port),
    integerItem(member.role === 'validator' ? 0 : 1),
  ];
}

export function readMember(item: Item): Member {
  return readFields(item, (fields) => ({
    id: fields.nodeId(),
    host: readHost(fields.bytes()),
    port: readPort(fields.integer()),
    role: fields.boolean() ? 'observer' : 'validator',
  }));
}

/** Printable ASCII without spaces: names, and addresses of both families. */
function readHost(bytes: Uint8Array): string {
  const isName = bytes.every((byte) => byte > 0x20 && byte < 0x7f);
  if (!isName || bytes.length === 0 || bytes.length > MAX_HOST_BYTES) {
    throw new DecodeError('bad-field', 'not the name of a host');
  }
  return Buffer.from(bytes).toString('latin1');
}

function readPort(port: number): number {
  if (port < 1 || port > 65535) throw new DecodeError('bad-field', `port ${port}`);
  return port;
}
