/** Signs this node's statements and checks those of others. Rule *signed*. */
import { signingBytes, type Unsigned } from '../codec/statement-codec.ts';
import type { SignatureScheme, Statement } from './statements.ts';
import type { ClusterId, NodeId } from './types.ts';

/** Whose key a statement must be signed with. */
function signerOf(statement: Unsigned<Statement>): NodeId {
  switch (statement.type) {
    case 'pre-vote':
    case 'yield':
      return statement.sender;
    case 'term-vote':
    case 'vote':
      return statement.voter;
    case 'hand-over':
      return statement.leader;
    case 'readiness':
      return statement.member;
  }
}

export class StatementSigner {
  readonly #clusterId: ClusterId;
  readonly #signatures: SignatureScheme;

  constructor(clusterId: ClusterId, signatures: SignatureScheme) {
    this.#clusterId = clusterId;
    this.#signatures = signatures;
  }

  /** Completes a statement of this node. The caller persists it before it is sent where Rule *durability* asks. */
  sign<S extends Statement>(unsigned: Omit<S, 'signature'> & Unsigned<Statement>): S {
    const signature = this.#signatures.sign(signingBytes(this.#clusterId, unsigned));
    return { ...unsigned, signature } as unknown as S;
  }

  verify(statement: Statement): boolean {
    return this.#signatures.verify(
      signerOf(statement),
      signingBytes(this.#clusterId, statement),
      statement.signature,
    );
  }
}
