/** Encoding of signed statements, and the exact bytes each signature covers. */
import type { Lock, Statement, VotePhase } from '../core/statements.ts';
import type { ClusterId } from '../core/types.ts';
import { DecodeError } from './decode-error.ts';
import {
  encodeItem,
  type FieldReader,
  hexItem,
  type Item,
  integerItem,
  readFields,
  textItem,
} from './rlp.ts';

/** Omits from every member of a union, keeping the union. */
export type Unsigned<S> = S extends Statement ? Omit<S, 'signature'> : never;

const SIGNING_DOMAIN = 'mokka/1';
const CODES: Readonly<Record<Statement['type'], number>> = {
  'pre-vote': 1,
  'term-vote': 2,
  'hand-over': 3,
  yield: 4,
  vote: 5,
  readiness: 16,
};
const PHASES: readonly VotePhase[] = ['prepare', 'commit'];

/**
 * Rule *signed*: what a signature covers starts with the protocol, the statement's type and the cluster id, so that no
 * statement can be counted as another one or in another cluster.
 */
export function signingBytes(clusterId: ClusterId, statement: Unsigned<Statement>): Uint8Array {
  return encodeItem([
    textItem(SIGNING_DOMAIN),
    textItem(statement.type),
    hexItem(clusterId),
    ...bodyItems(statement),
  ]);
}

export function statementItem(statement: Statement): Item {
  return [integerItem(CODES[statement.type]), ...bodyItems(statement), statement.signature];
}

export function readStatement(item: Item): Statement {
  return readFields(item, (fields) => {
    const code = fields.integer();
    const epoch = fields.epoch();
    switch (code) {
      case CODES['pre-vote']:
        return {
          type: 'pre-vote',
          epoch,
          term: fields.term(),
          sender: fields.nodeId(),
          signature: fields.signature(),
        };
      case CODES['term-vote']:
        return {
          type: 'term-vote',
          epoch,
          term: fields.term(),
          lock: readFields(fields.item(), readLock),
          voter: fields.nodeId(),
          signature: fields.signature(),
        };
      case CODES['hand-over']:
        return {
          type: 'hand-over',
          epoch,
          fromTerm: fields.term(),
          toTerm: fields.term(),
          leader: fields.nodeId(),
          signature: fields.signature(),
        };
      case CODES.yield:
        return {
          type: 'yield',
          epoch,
          term: fields.term(),
          sender: fields.nodeId(),
          signature: fields.signature(),
        };
      case CODES.vote:
        return {
          type: 'vote',
          epoch,
          phase: readPhase(fields.integer()),
          term: fields.term(),
          index: fields.index(),
          hash: fields.hash(),
          voter: fields.nodeId(),
          signature: fields.signature(),
        };
      case CODES.readiness:
        return {
          type: 'readiness',
          epoch,
          member: fields.nodeId(),
          index: fields.index(),
          hash: fields.hash(),
          signature: fields.signature(),
        };
      default:
        throw new DecodeError('unknown-type', `statement type ${code}`);
    }
  });
}

/** Reads a statement that must be of one type. */
export function readStatementOf<T extends Statement['type']>(
  type: T,
  item: Item,
): Extract<Statement, { type: T }> {
  const statement = readStatement(item);
  if (statement.type !== type) {
    throw new DecodeError('wrong-shape', `${type} was expected, ${statement.type} came`);
  }
  return statement as Extract<Statement, { type: T }>;
}

export function phaseItem(phase: VotePhase): Uint8Array {
  return integerItem(PHASES.indexOf(phase));
}

export function readPhase(code: number): VotePhase {
  const phase = PHASES[code];
  if (phase === undefined) throw new DecodeError('unknown-type', `vote phase ${code}`);
  return phase;
}

export function lockItem(lock: Lock): Item {
  return [integerItem(lock.term), integerItem(lock.index), hexItem(lock.hash)];
}

export function readLock(fields: FieldReader): Lock {
  return { term: fields.term(), index: fields.index(), hash: fields.hash() };
}

function bodyItems(statement: Unsigned<Statement>): Item[] {
  const epoch = integerItem(statement.epoch);
  switch (statement.type) {
    case 'pre-vote':
    case 'yield':
      return [epoch, integerItem(statement.term), hexItem(statement.sender)];
    case 'term-vote': {
      const { lock } = statement;
      return [epoch, integerItem(statement.term), lockItem(lock), hexItem(statement.voter)];
    }
    case 'hand-over':
      return [
        epoch,
        integerItem(statement.fromTerm),
        integerItem(statement.toTerm),
        hexItem(statement.leader),
      ];
    case 'vote':
      return [
        epoch,
        phaseItem(statement.phase),
        integerItem(statement.term),
        integerItem(statement.index),
        hexItem(statement.hash),
        hexItem(statement.voter),
      ];
    case 'readiness':
      return [
        epoch,
        hexItem(statement.member),
        integerItem(statement.index),
        hexItem(statement.hash),
      ];
  }
}
