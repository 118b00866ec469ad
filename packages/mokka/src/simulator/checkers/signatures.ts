/**
 * Rule *signed*: every statement on the wire was signed by the key it names, over bytes that mean this statement and no
 * other.
 *
 * Nothing is decoded: the register knows the bytes under every signature, and two different statements must never share
 * theirs.
 */
import type { Certificate } from '../../core/certificate.ts';
import type { HandOver, PreVote, Statement, TermVote, Vote, Yield } from '../../core/statements.ts';
import type { NodeId } from '../../core/types.ts';
import type { SignatureRecord, SignatureRegister } from '../world/signatures.ts';
import { ViolationError } from '../world/violation.ts';
import type { EvidenceJudge } from './evidence.ts';

export class SignatureChecker implements EvidenceJudge {
  readonly #register: SignatureRegister;
  readonly #ids: readonly NodeId[];
  /** Which statement each signed byte string means. */
  readonly #meanings = new Map<string, string>();

  constructor(register: SignatureRegister, ids: readonly NodeId[]) {
    this.#register = register;
    this.#ids = ids;
  }

  preVote(statement: PreVote): void {
    this.check(statement, statement.sender);
  }

  yield(statement: Yield): void {
    this.check(statement, statement.sender);
  }

  handOver(statement: HandOver): void {
    this.check(statement, statement.leader);
  }

  termVote(statement: TermVote): void {
    this.check(statement, statement.voter);
  }

  vote(statement: Vote): void {
    this.check(statement, statement.voter);
  }

  /** Whether each vote of a certificate that a liar shows was made by the key it names, for what it is shown for. */
  isGenuine({ phase, epoch, term, index, hash, votes }: Certificate): boolean {
    return votes.every(({ voter, signature }) => {
      const record = this.#register.lookUp(signature);
      if (record === undefined || this.#ids[record.signer] !== voter) return false;
      const vote: Vote = { type: 'vote', phase, epoch, term, index, hash, voter, signature };
      const meaning = meaningOf(vote);
      return (this.#meanings.get(record.contentKey) ?? meaning) === meaning;
    });
  }

  /** The record of a statement's signature; throws when it is not `signer`'s or means something else. */
  check(statement: Statement, signer: NodeId): SignatureRecord {
    const record = this.#register.lookUp(statement.signature);
    const meaning = meaningOf(statement);
    if (record === undefined || this.#ids[record.signer] !== signer) {
      throw new ViolationError('signed', `${meaning} does not carry a signature of ${signer}`);
    }
    const known = this.#meanings.get(record.contentKey);
    if (known === undefined) this.#meanings.set(record.contentKey, meaning);
    else if (known !== meaning) {
      throw new ViolationError('signed', `the same bytes are signed for ${known} and ${meaning}`);
    }
    return record;
  }
}

/** All fields but the signer, who may or may not be part of the signed bytes. */
function meaningOf(statement: Statement): string {
  const { type, epoch } = statement;
  switch (statement.type) {
    case 'pre-vote':
    case 'yield':
      return `${type} ${epoch}/${statement.term}`;
    case 'hand-over':
      return `${type} ${epoch}/${statement.fromTerm}->${statement.toTerm}`;
    case 'term-vote': {
      const { lock } = statement;
      return `${type} ${epoch}/${statement.term} lock ${lock.term}/${lock.index}/${lock.hash}`;
    }
    case 'readiness':
      return `${type} ${epoch}/${statement.index}/${statement.hash}`;
    case 'vote': {
      const { phase, term, index, hash } = statement;
      return `${phase} ${type} ${epoch}/${term}/${index}/${hash}`;
    }
  }
}
