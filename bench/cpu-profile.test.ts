import { expect, it } from 'vitest';
import { type CpuProfile, type Frame, timeByName } from './cpu-profile.ts';
import { IDLE, STAGES, stageOf } from './stage-of-frame.ts';

function frame(functionName: string, url = ''): Frame {
  return { functionName, url };
}

const CHAIN = 'file:///p/packages/chain/dist';

/** root → execute → keccak (of no file that is known), root → (idle). */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 4] },
    { id: 2, callFrame: frame('run', `${CHAIN}/execution/block-run.js`), children: [3] },
    { id: 3, callFrame: frame('keccak', 'file:///p/node_modules/hash-wasm/index.js') },
    { id: 4, callFrame: frame('(idle)') },
  ],
  startTime: 0,
  endTime: 4_000_000,
  samples: [2, 3, 4, 3, 1],
  timeDeltas: [500_000, 500_000, 1_000_000, 1_000_000, 1_000_000],
};

it('gives time to the innermost frame that is known, of the last seconds alone', () => {
  const all = timeByName(PROFILE, 4, stageOf, 'other');
  expect(Object.fromEntries(all)).toEqual({ execute: 2_000, [IDLE]: 1_000, other: 1_000 });
  const last = timeByName(PROFILE, 1, stageOf, 'other');
  expect(Object.fromEntries(last)).toEqual({ execute: 1_000, other: 1_000 });
});

it('knows the stages by the files of the packages', () => {
  const found = [
    `${CHAIN}/transaction/decode.js`,
    `${CHAIN}/transaction/signature.js`,
    `${CHAIN}/mempool/mempool.js`,
    'file:///p/packages/node/dist/gossip/peer-network.js',
    `${CHAIN}/execution/build-block.js`,
    `${CHAIN}/state/state-diff.js`,
    `${CHAIN}/block/header-codec.js`,
    'file:///p/packages/mokka/dist/core/proposing.js',
    'file:///p/packages/mokka/dist/core/signing.js',
    'file:///p/packages/mokka/dist/storage/lmdb.js',
    'file:///p/packages/mokka/dist/transport/tcp.js',
    `${CHAIN}/store/write-block.js`,
    'file:///p/packages/rpc/dist/server/dispatcher.js',
    'file:///p/packages/node/dist/threads/thread-channel.js',
  ].map((url) => stageOf(frame('any', url)));
  const rest = STAGES.filter((stage) => !found.includes(stage));
  expect(rest).toEqual(['collect garbage', 'other']);
  expect(stageOf(frame('any', 'node:buffer'))).toBeNull();
});
