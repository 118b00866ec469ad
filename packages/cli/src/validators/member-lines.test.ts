import { describe, expect, it } from 'vitest';
import { formatMembers, formatStep, stepEvent } from './member-lines.ts';
import type { Members } from './members.ts';

const KEYS = ['aa', 'bb', 'cc'].map((digits) => digits.repeat(32));
const NETWORK: Members = {
  epoch: 2,
  since: 57,
  crashModel: 'CFT',
  quorum: 2,
  faults: 0,
  members: KEYS.map((publicKey, position) => ({
    node: position === 2 ? null : position + 1,
    publicKey,
    role: position === 2 ? 'observer' : 'validator',
    address: '',
    host: '10.0.0.1',
    port: 3000 + position,
    isSelf: position === 0,
    isLeader: position === 1,
    connected: position < 2,
    rpcUrl: position === 2 ? null : `http://10.0.0.1:${8545 + position}`,
    appliedIndex: 9,
    blockNumber: position === 2 ? null : 7,
  })),
};

describe('the members as a table', () => {
  it('has a row for each and says what the network bears', () => {
    const lines = formatMembers(NETWORK);
    expect(lines[1]).toMatch(/^ *1 {2}(aa){32} {2}validator .*10\.0\.0\.1:3000 .* asked/);
    expect(lines[2]).toMatch(/validator, leader .* yes/);
    expect(lines[3]).toMatch(/^- +(cc){32} {2}observer .* - .* no/);
    expect(lines.at(-1)).toBe(
      'Epoch 2 since entry 57: 2 validators (CFT), 2 must agree, 0 may fail.',
    );
  });
});

describe('the steps of a change', () => {
  it('name the validators on which it must still be proposed', () => {
    const proposeOn = KEYS.map((publicKey, position) => ({
      node: position === 2 ? null : position + 1,
      publicKey,
      rpcUrl: position === 2 ? null : `http://10.0.0.1:${8545 + position}`,
    }));
    const step = {
      step: 'approved',
      urls: ['http://10.0.0.1:8545'],
      proposal: { state: 'approved', epoch: 1, index: null, approvalsNeeded: 3, proposeOn },
    } as const;
    const text = formatStep(step).join('\n');
    expect(text).toContain('on 1 of 3 validators needed');
    expect(text).toContain('at least 2 more');
    expect(text).toContain('node 2   --rpc http://10.0.0.1:8546');
    expect(text).toContain(KEYS[2]);
    expect(text).not.toContain('node 1 ');
    expect(stepEvent(step)).toMatchObject({ event: 'approved', approvals: 1, approvalsNeeded: 3 });
  });

  it('tell how far a newcomer is', () => {
    const step = { step: 'catching-up', applied: 40, committed: 812 } as const;
    expect(formatStep(step)).toEqual(['catching up        40 of 812 entries']);
    expect(stepEvent(step)).toEqual({ event: 'catching-up', applied: 40, committed: 812 });
    expect(formatStep({ step: 'promoted', epoch: 2 })).toEqual([
      'promoted to a validator, epoch 2',
    ]);
  });

  it('tell why a proposal is repeated', () => {
    const step = { step: 'waiting', reason: 'another change is under way' } as const;
    expect(formatStep(step)).toEqual(['waiting            another change is under way']);
    expect(stepEvent(step)).toEqual({ event: 'waiting', reason: 'another change is under way' });
  });
});
