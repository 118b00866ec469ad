/** The command by which operators change the members. */
import type { MembershipChange } from '../core/members.ts';
import { nodeId } from '../core/virtual-cluster.test.support.ts';
import { ScriptError } from './script.test.support.ts';
import { type Handler, nodeOf, type Stage } from './stage.test.support.ts';

/** Virtual milliseconds that an operator waits for an answer. */
const PATIENCE = 5_000;

export const membershipCommands: Readonly<Record<string, Handler>> = {
  /** `change n0 [n1 ...] promote n3`: the operators of these nodes ask for one change, each at its own node. */
  change: async (stage, { words }) => {
    const at = words.findIndex((word) => !/^n\d+$/.test(word));
    const change = changeOf(stage, words.slice(at));
    for (const word of words.slice(0, at)) {
      const { world, number } = nodeOf(stage, word);
      const { node, request } = { node: world.node(number), request: world.requests + 1 };
      if (node.core === null) throw new ScriptError(`n${number} is down`);
      world.requests = request;
      await world.input(number, { type: 'propose-membership', request, change, timeout: PATIENCE });
    }
  },
};

function changeOf(stage: Stage, [verb = '', first, second]: readonly string[]): MembershipChange {
  const { number } = nodeOf(stage, first);
  const id = nodeId(number);
  switch (verb) {
    case 'add':
      return { type: 'add', member: { id, host: `node-${number}`, port: 1 } };
    case 'remove':
    case 'promote':
    case 'demote':
      return { type: verb, id };
    case 'replace':
      return { type: 'replace', id, by: nodeId(nodeOf(stage, second).number) };
    default:
      throw new ScriptError(`"${verb}" is no change`);
  }
}
