/**
 * The EVM of each fork, made once and used for block after block: making one costs far more than a transfer.
 */
import { type Block, createBlock } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import type { EVMMockBlockchainInterface } from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import { createVM, type VM } from '@ethereumjs/vm';
import type { HeaderFields } from '../block/header-codec.ts';
import { ConsoleTap } from '../console/console-tap.ts';
import {
  type Address,
  type BlockNumber,
  blockNumberOf,
  bytesOf,
  type Hash,
} from '../primitives.ts';
import { EvmStateManager, type RootOf } from '../state/evm-state-manager.ts';
import { JournaledState } from '../state/journaled-state.ts';
import { EMPTY_STATE } from '../state/state-view.ts';
import { modexpPrecompile } from './modexp.ts';

/** Hash of an ancestor of the block being executed (BLOCKHASH); undefined when it is not known. */
export type AncestorHash = (number: BlockNumber) => Hash | undefined;

/** One EVM: executes one block at a time. */
export interface ForkEvm {
  /** Parameters at this fork. */
  readonly rules: Common;
  readonly vm: VM;
  /** EIP-6110. */
  readonly depositContract: Address;
  /** Null where nobody listens. */
  readonly console: ConsoleTap | null;
  /** Sets what the next block runs on. */
  use(state: JournaledState, ancestorHash: AncestorHash, rootOf: RootOf): void;
  /** Lifts EIP-3607 for the next transaction, which this impersonated account sends; null for any other. */
  letContractSend(sender: Address | null): void;
}

export interface ForkEvmOptions {
  /** Whether what contracts print is kept. */
  readonly hearsConsole: boolean;
}

export class ForkEvms {
  readonly #common: Common;
  readonly #depositContract: Address;
  readonly #options: ForkEvmOptions;
  readonly #made = new Map<string, Promise<ForkEvm>>();

  constructor(
    common: Common,
    depositContract: Address,
    options: ForkEvmOptions = { hearsConsole: false },
  ) {
    this.#options = options;
    this.#common = common;
    this.#depositContract = depositContract;
  }

  /** The EVM for a block with this number and time. */
  at(number: BlockNumber, timestamp: number): Promise<ForkEvm> {
    const fork = this.#common.getHardforkBy({
      blockNumber: BigInt(number),
      timestamp: BigInt(timestamp),
    });
    let made = this.#made.get(fork);
    if (made === undefined) {
      const rules = this.#common.copy();
      rules.setHardfork(fork);
      made = makeEvm(rules, this.#depositContract, this.#options);
      this.#made.set(fork, made);
    }
    return made;
  }
}

async function makeEvm(
  rules: Common,
  depositContract: Address,
  { hearsConsole }: ForkEvmOptions,
): Promise<ForkEvm> {
  let hashOfAncestor: AncestorHash = () => undefined;
  let rootOf: RootOf = () => {
    throw new Error('no block is being executed');
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
  const stateManager = new EvmStateManager(new JournaledState(EMPTY_STATE), (state) =>
    rootOf(state),
  );
  const vm = await createVM({
    common: rules,
    stateManager,
    evmOpts: { blockchain, customPrecompiles: modexpPrecompile(rules) },
  });
  const console = hearsConsole ? new ConsoleTap() : null;
  console?.listen(vm.evm);
  return {
    rules,
    vm,
    depositContract,
    console,
    letContractSend: (sender) => stateManager.letContractSend(sender),
    use(state, ancestorHash, nextRootOf) {
      console?.beginBlock();
      stateManager.use(state);
      hashOfAncestor = ancestorHash;
      rootOf = nextRootOf;
    },
  };
}

/** A block of each fork that has been needed: making one from nothing costs more than a transfer. */
const TEMPLATES = new WeakMap<Common, Block>();

/** The block as the EVM sees it while it runs: only fields known before execution. */
export function evmBlock(header: HeaderFields, rules: Common): Block {
  let template = TEMPLATES.get(rules);
  if (template === undefined) {
    template = createBlock(
      {},
      { common: rules, freeze: false, skipConsensusFormatValidation: true },
    );
    TEMPLATES.set(rules, template);
  }
  const { baseFeePerGas, excessBlobGas, parentBeaconBlockRoot } = header;
  return copyOf(template, {
    header: copyOf(template.header, {
      parentHash: bytesOf(header.parentHash),
      coinbase: new EvmAddress(bytesOf(header.beneficiary)),
      difficulty: header.difficulty,
      number: BigInt(header.number),
      gasLimit: header.gasLimit,
      timestamp: BigInt(header.timestamp),
      mixHash: bytesOf(header.mixHash),
      ...(baseFeePerGas !== undefined && { baseFeePerGas }),
      ...(excessBlobGas !== undefined && { excessBlobGas }),
      ...(parentBeaconBlockRoot !== undefined && {
        parentBeaconBlockRoot: bytesOf(parentBeaconBlockRoot),
      }),
    }),
  });
}

/** Of the same class, without its constructor. What it computes on demand it has not computed yet. */
function copyOf<Part extends Block | Block['header']>(of: Part, fields: Partial<Part>): Part {
  const copy = Object.create(Object.getPrototypeOf(of)) as Part;
  return Object.assign(copy, of, { cache: {} }, fields);
}
