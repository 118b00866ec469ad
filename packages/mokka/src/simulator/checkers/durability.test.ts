import { expect, test } from 'vitest';
import type { Effect } from '../../core/effect.ts';
import { termVoteOf } from '../../core/probe.test.support.ts';
import type { Ticket } from '../../core/types.ts';
import { nodeId } from '../../core/virtual-cluster.test.support.ts';
import { SignatureRegister } from '../world/signatures.ts';
import { DurabilityChecker } from './durability.ts';

const IDS = [0, 1, 2].map(nodeId);
const TICKET = 1 as Ticket;

/** Node 0 signs a term vote and much else after it, none of which is ever stored. */
function watched() {
  const register = new SignatureRegister(IDS);
  const checker = new DurabilityChecker({
    ids: IDS,
    register,
    decodeEntry: () => {
      throw new Error('no entry is written here');
    },
    onEntry: () => undefined,
  });
  register.onSigned = (record) => checker.signed(record);
  const scheme = register.scheme(0);
  const sign = (text: string) => scheme.sign(new TextEncoder().encode(text));
  const termVote = { ...termVoteOf(0, 1), signature: sign('term vote') };
  const signMore = () => {
    for (let number = 0; number < 200; number += 1) sign(`pre-vote ${number}`);
  };
  const send: Effect = {
    type: 'send',
    to: nodeId(1),
    message: { type: 'term-vote', termVote, justification: [] },
  };
  return { checker, termVote, signMore, send };
}

test('a slow disk has stored what was signed long ago', () => {
  const { checker, termVote, signMore, send } = watched();
  checker.effect(0, { type: 'persist', ticket: TICKET, operations: [] });
  signMore();
  checker.synced(0, [{ type: 'put-record', name: 'term-vote', value: termVote.signature }]);
  checker.input(0, { type: 'persisted', ticket: TICKET });
  expect(() => checker.effect(0, send)).not.toThrow();
});

test('what was never stored must not be sent', () => {
  const { checker, signMore, send } = watched();
  signMore();
  expect(() => checker.effect(0, send)).toThrow('not on its disk');
});
