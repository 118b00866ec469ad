/** The only validator of a network, in one thread: Mokka, its log, and the chain, on the disk that a test gives it. */
import { join } from 'node:path';
import { Chain, createGenesis, devGenesisFile, type Genesis, Mempool } from '@praline/chain';
import { createChainFolder } from '@praline/chain/reading';
import {
  type Application,
  createStore,
  Ed25519Scheme,
  LmdbStorage,
  MemoryNetwork,
  Mokka,
  NodeKey,
  type Storage,
} from 'mokka';
import { BlockProducer } from '../chain-thread/block-producer.ts';
import { ChainApplication } from '../chain-thread/chain-application.ts';
import { ChainSnapshots } from '../chain-thread/chain-snapshots.ts';
import { HeldTransactions } from '../chain-thread/held-transactions.ts';
import { NextBlockRules } from '../chain-thread/next-block-rules.ts';
import { OperationQueue } from '../chain-thread/operation-queue.ts';
import { addressOf, COINBASE, transfer } from '../chain-thread/replica.test.support.ts';
import { storeIdentity } from '../config/cluster-identity.ts';

export interface Network {
  readonly key: NodeKey;
  readonly genesis: Genesis;
}

export function createNetwork(crashModel: 'CFT' | 'BFT'): Network {
  const key = NodeKey.generate();
  return { key, genesis: createGenesis(devGenesisFile({ crashModel, validators: [key.id] })) };
}

export async function createFolders(folder: string, { key, genesis }: Network): Promise<void> {
  await createChainFolder(join(folder, 'chain'), genesis);
  const storage = await LmdbStorage.create(join(folder, 'consensus'));
  await createStore(storage, storeIdentity(genesis, key.id));
  await storage.close();
}

/** As the main thread hands the chain thread to Mokka. */
function withSnapshots(application: ChainApplication, snapshots: ChainSnapshots): Application {
  return {
    info: () => application.info(),
    prepareProposal: (request) => application.prepareProposal(request),
    processProposal: (entry) => application.processProposal(entry),
    commit: (entries, certificate) => application.commit(entries, certificate),
    rollback: (to) => application.rollback(to),
    snapshots,
  };
}

export class ValidatorOnDisk {
  readonly chain: Chain;
  readonly snapshots: ChainSnapshots;
  readonly #pool: Mempool;
  readonly #mokka: Mokka;
  readonly #storage: LmdbStorage;
  #onBlock: () => void = () => undefined;

  private constructor(
    { key, genesis }: Network,
    chain: Chain,
    storage: LmdbStorage,
    watched: Storage,
    keptEntries: number,
  ) {
    this.chain = chain;
    this.#storage = storage;
    const rules = new NextBlockRules(chain, genesis);
    const pool = new Mempool({
      account: (address) => {
        const account = chain.stateAfter(chain.head.hash)?.getAccount(address);
        return { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n };
      },
      gasLimit: () => chain.head.gasLimit,
      baseFee: () => chain.head.baseFeePerGas ?? 0n,
      common: () => rules.get(),
    });
    this.#pool = pool;
    const held = new HeldTransactions(() => performance.now());
    const identity = storeIdentity(genesis, key.id);
    const application = new ChainApplication(identity.rootHash, {
      chain,
      producer: new BlockProducer({ genesis, coinbase: COINBASE }, { chain, pool, held }),
      unixTime: () => Date.now(),
      now: () => performance.now(),
      operations: new OperationQueue(),
      onApplied: (applied) => {
        const blocks = applied.flatMap((one) => (one.kind === 'block' ? [one] : []));
        const mined = blocks.flatMap(({ block }) => block.transactions.map(({ hash }) => hash));
        const touched = blocks.flatMap((block) => block.touched);
        pool.onBlockCommitted(new Set(touched), new Set(mined));
        this.#onBlock();
      },
      onSettled: () => undefined,
    });
    this.snapshots = new ChainSnapshots({ chain, application, onRestored: () => undefined });
    this.#mokka = new Mokka({
      identity: { id: key.id, signatures: new Ed25519Scheme(key) },
      clusterId: identity.clusterId,
      crashModel: identity.crashModel,
      validators: [{ id: key.id, host: 'localhost', port: 1 }],
      transport: new MemoryNetwork().createTransport(key.id),
      storage: watched,
      application: withSnapshots(application, this.snapshots),
      retention: { entries: keptEntries },
    });
  }

  /** Opens everything and runs. `watch` may wrap the log's storage. */
  static async start(
    folder: string,
    network: Network,
    { watch = (storage: Storage) => storage, keptEntries = 6 } = {},
  ): Promise<ValidatorOnDisk> {
    const chain = await Chain.open(join(folder, 'chain'), network.genesis, {
      stateHistory: { blocks: 2, blocksBetweenPasses: 1 },
    });
    const storage = await LmdbStorage.open(join(folder, 'consensus'));
    const node = new ValidatorOnDisk(network, chain, storage, watch(storage), keptEntries);
    await node.#mokka.start();
    return node;
  }

  get status() {
    return this.#mokka.getInfo();
  }

  /** Sends transfers and waits until they are in a block. */
  async mine(transfers: number): Promise<void> {
    const target = this.chain.head.number + 1;
    const done = new Promise<void>((resolve) => {
      this.#onBlock = () => this.chain.head.number >= target && resolve();
    });
    for (let count = 0; count < transfers; count += 1) {
      const sender = count % 3;
      this.#pool.add(transfer(sender, this.#pool.pendingNonce(addressOf(sender))));
    }
    this.#mokka.notifyPending();
    await done;
  }

  async stop(): Promise<void> {
    await this.#mokka.stop();
    await this.chain.close();
    await this.#storage.close();
  }
}
