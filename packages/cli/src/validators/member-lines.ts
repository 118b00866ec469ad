/** Members and the steps of a change, for people and as JSON. */
import { formatTable } from '../output/table.ts';
import type { ChangeStep } from './change-members.ts';
import type { Members } from './members.ts';

export function formatMembers(network: Members): string[] {
  const rows = network.members.map((member) => [
    member.node ?? '-',
    member.publicKey,
    member.isLeader ? 'validator, leader' : member.role,
    `${member.host}:${member.port}`,
    member.rpcUrl ?? '-',
    member.isSelf ? 'asked' : member.connected ? 'yes' : 'no',
    member.blockNumber ?? '-',
  ]);
  const { epoch, since, quorum, faults, crashModel } = network;
  const validators = network.members.filter(({ role }) => role === 'validator').length;
  const start = since === 0 ? 'since genesis' : `since entry ${since}`;
  return [
    ...formatTable(['node', 'public key', 'role', 'address', 'RPC', 'connected', 'block'], rows),
    '',
    `Epoch ${epoch} ${start}: ${validators} validators (${crashModel}), ${quorum} must agree, ${faults} may fail.`,
  ];
}

const DONE: Readonly<Record<'added' | 'promoted' | 'replaced' | 'removed' | 'demoted', string>> = {
  added: 'added as an observer',
  promoted: 'promoted to a validator',
  replaced: 'exchanged, the new node is a validator',
  removed: 'removed; stop its process',
  demoted: 'made an observer',
};

export function formatStep(step: ChangeStep): string[] {
  switch (step.step) {
    case 'catching-up':
      return [
        step.applied === null
          ? `catching up        waiting for a link to the new node, ${step.committed} entries to go`
          : `catching up        ${step.applied} of ${step.committed} entries`,
      ];
    case 'approved': {
      const { approvalsNeeded, proposeOn } = step.proposal;
      const done = new Set(step.urls);
      const left = Math.max(0, approvalsNeeded - step.urls.length);
      const where = proposeOn
        .filter(({ rpcUrl }) => rpcUrl === null || !done.has(rpcUrl))
        .map(({ node, publicKey, rpcUrl }) => {
          const name = node === null ? publicKey : `node ${node}`;
          return `                     ${name}${rpcUrl === null ? '' : `   --rpc ${rpcUrl}`}`;
        });
      return [
        `approved           on ${step.urls.length} of ${approvalsNeeded} validators needed. Unless their operators did so already, run the same command for at least ${left} more of`,
        ...where,
        '                   within 5 minutes. Waiting for them.',
      ];
    }
    case 'waiting':
      return [`waiting            ${step.reason}`];
    default:
      return [`${DONE[step.step]}, epoch ${step.epoch}`];
  }
}

/** One line of `--json`. */
export function stepEvent(step: ChangeStep): object {
  if (step.step === 'approved') {
    const { approvalsNeeded, proposeOn } = step.proposal;
    return { event: 'approved', approvals: step.urls.length, approvalsNeeded, proposeOn };
  }
  const { step: event, ...fields } = step;
  return { event, ...fields };
}
