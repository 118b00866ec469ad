/** What every node shows after the faults are over, as the checks read it. */

export interface ChainTransaction {
  readonly hash: string;
  readonly from: string;
  readonly nonce: number;
  readonly to: string | null;
  readonly wei: bigint;
  readonly gasUsed: bigint;
  /** Wei per gas that the sender paid. */
  readonly gasPrice: bigint;
  readonly succeeded: boolean;
  /** The whole receipt, to be compared between nodes. */
  readonly receipt: string;
}

export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
  readonly miner: string;
  /** Wei per gas that nobody gets. */
  readonly baseFee: bigint;
  readonly transactions: readonly ChainTransaction[];
}

/** The chain of one node from block 0 to its head. */
export interface NodeChain {
  readonly node: number;
  readonly blocks: readonly ChainBlock[];
}

export interface FinalState {
  readonly chains: readonly NodeChain[];
  /** Nodes whose chain could not be read, and why. */
  readonly unread: readonly { readonly node: number; readonly reason: string }[];
  /** Wei by account, of every account that the run touched, in the genesis block. */
  readonly balancesBefore: ReadonlyMap<string, bigint>;
  /** The same at the head of one node. */
  readonly balancesAfter: ReadonlyMap<string, bigint>;
  /** What the counter contract says at the head; null when it does not answer. */
  readonly counter: number | null;
}

/** The chain that the others are compared with. */
export function referenceChain(state: FinalState): NodeChain {
  const [first] = state.chains;
  if (first === undefined) throw new Error('no node was asked for its chain');
  return first;
}

export interface Located {
  readonly block: ChainBlock;
  readonly index: number;
  readonly transaction: ChainTransaction;
  /** Place among all transactions of the chain, from 0. */
  readonly place: number;
}

/** Every transaction of a chain in order. */
export function locate(chain: NodeChain): readonly Located[] {
  let place = 0;
  return chain.blocks.flatMap((block) =>
    block.transactions.map((transaction, index) => ({ block, index, transaction, place: place++ })),
  );
}
