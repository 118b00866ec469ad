/**
 * The EVM that calls run on: like the one that executes blocks, but it looks at a deadline. Every loop passes a
 * JUMPDEST and every recursion a message, so a look at both is enough, and costs far less than an event per step.
 */

import type { Common } from '@ethereumjs/common';
import {
  createEVM,
  type EVM,
  type EVMMockBlockchainInterface,
  type PrecompileFunc,
} from '@ethereumjs/evm';
import { ChainError } from '../errors.ts';
import type { AncestorHash } from '../execution/fork-evm.ts';
import { modexpPrecompile } from '../execution/modexp.ts';
import { blockNumberOf, bytesOf } from '../primitives.ts';
import { EvmStateManager } from '../state/evm-state-manager.ts';
import { JournaledState } from '../state/journaled-state.ts';
import { EMPTY_STATE } from '../state/state-view.ts';

const JUMPDEST = 0x5b;
const JUMPDEST_GAS = 1;
/** Looks at the clock once in so many jumps. */
const LOOKS_PER_CHECK = 64;

/** Time a call may take. */
export interface Deadline {
  /** On the clock of `performance.now()`, ms. */
  readonly at: number;
  /** Of the whole operation, ms; for the message. */
  readonly timeoutMs: number;
}

/** Precompiled contracts by address, digits without prefix, as the library has them. */
export type Precompiles = ReadonlyMap<string, PrecompileFunc>;

export interface CallEvm {
  readonly evm: EVM;
  /** Those of the fork, at their own addresses. */
  readonly precompiles: Precompiles;
  use(
    state: JournaledState,
    ancestorHash: AncestorHash,
    deadline: Deadline,
    precompiles: Precompiles,
  ): void;
}

/** `rules`: a `Common` at the fork, for this EVM alone. */
export async function createCallEvm(rules: Common): Promise<CallEvm> {
  let hashOfAncestor: AncestorHash = () => undefined;
  let deadline: Deadline = { at: 0, timeoutMs: 0 };
  let looks = 0;
  const look = (): void => {
    looks = (looks + 1) % LOOKS_PER_CHECK;
    if (looks === 0) requireTime(deadline);
  };
  const blockchain: EVMMockBlockchainInterface = {
    getBlock: (id) => {
      const hash = hashOfAncestor(blockNumberOf(id));
      const bytes = hash === undefined ? new Uint8Array(32) : bytesOf(hash);
      return Promise.resolve({ hash: () => bytes });
    },
    putBlock: () => Promise.resolve(),
    shallowCopy: () => blockchain,
  };
  const stateManager = new EvmStateManager(new JournaledState(EMPTY_STATE), () => {
    throw new Error('A call needs no state root.');
  });
  const evm = await createEVM({
    common: rules,
    stateManager,
    blockchain,
    customPrecompiles: modexpPrecompile(rules),
    customOpcodes: [
      { opcode: JUMPDEST, opcodeName: 'JUMPDEST', baseFee: JUMPDEST_GAS, logicFunction: look },
    ],
  });
  // A message can be a precompile that takes seconds.
  evm.events.on('beforeMessage', () => requireTime(deadline));
  return {
    evm,
    precompiles: new Map(evm.precompiles),
    use(state, ancestorHash, until, precompiles) {
      evm.precompiles.clear();
      for (const [address, precompile] of precompiles) evm.precompiles.set(address, precompile);
      stateManager.use(state);
      hashOfAncestor = ancestorHash;
      deadline = until;
      looks = 0;
    },
  };
}

/** Throws `execution-timeout` when it is past. */
function requireTime({ at, timeoutMs }: Deadline): void {
  if (performance.now() <= at) return;
  throw new ChainError('execution-timeout', `execution aborted (timeout = ${timeoutMs / 1000}s)`);
}
