/** All nodes have one chain: the same blocks, roots, transactions and receipts at every height. */
import { type ChainBlock, type FinalState, referenceChain } from '../final-state.ts';
import { type CheckResult, checkResult } from './check-result.ts';

export function checkAgreement(state: FinalState): CheckResult {
  const violations = state.unread.map(
    ({ node, reason }) => `the chain of node ${node} can not be read: ${reason}`,
  );
  const reference = referenceChain(state);
  for (const { node, blocks } of state.chains) {
    blocks.forEach((block, number) => {
      const parent = blocks[number - 1];
      if (block.number !== number) {
        violations.push(`node ${node} shows block ${block.number} as block ${number}`);
      }
      if (parent !== undefined && block.parentHash !== parent.hash) {
        violations.push(`node ${node}: block ${number} does not follow block ${number - 1}`);
      }
    });
    if (node === reference.node) continue;
    if (blocks.length !== reference.blocks.length) {
      violations.push(
        `node ${node} has ${blocks.length} blocks, node ${reference.node} has ${reference.blocks.length}`,
      );
    }
    blocks.forEach((block, number) => {
      const other = reference.blocks[number];
      const differing = other === undefined ? undefined : firstDifference(block, other);
      if (differing !== undefined) {
        violations.push(
          `nodes ${reference.node} and ${node} differ in ${differing} of block ${number}`,
        );
      }
    });
  }
  const examined = `${reference.blocks.length} blocks of ${state.chains.length} nodes`;
  return checkResult('agreement', examined, violations);
}

function firstDifference(one: ChainBlock, other: ChainBlock): string | undefined {
  const fields = ['hash', 'parentHash', 'stateRoot', 'receiptsRoot', 'miner', 'baseFee'] as const;
  const field = fields.find((name) => one[name] !== other[name]);
  if (field !== undefined) return field;
  if (one.transactions.length !== other.transactions.length) return 'the number of transactions';
  const index = one.transactions.findIndex((transaction, position) => {
    const twin = other.transactions[position];
    return transaction.hash !== twin?.hash || transaction.receipt !== twin.receipt;
  });
  return index === -1 ? undefined : `transaction ${index}, or its receipt,`;
}
