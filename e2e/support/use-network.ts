import { type Hex, toHex } from 'viem';
import type { HDAccount } from 'viem/accounts';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Network, type NetworkOptions } from '../../harness/network.ts';

/**
 * One network for the tests of a file or block: made before them, gone after them whatever happens, its logs printed
 * when a test fails.
 */
export function useNetwork(options: NetworkOptions & { readonly start?: boolean }): () => Network {
  let network: Network | undefined;
  const use = (): Network => {
    if (network === undefined) throw new Error('the network is there only inside tests');
    return network;
  };
  beforeAll(async () => {
    network = await Network.create(options);
    if (options.start !== false) {
      await network.start();
      await network.leader();
    }
  });
  afterEach((context) => {
    if (context.task.result?.state !== 'fail' || network === undefined) return;
    for (const number of network.numbers) {
      process.stderr.write(`--- node ${number}\n${network.logs(number).slice(-6_000)}\n`);
    }
  });
  afterAll(async () => {
    await network?.dispose();
  });
  return use;
}

/** A node that does not lead at present: where what it is sent has to travel. */
export async function followerOf(network: Network): Promise<number> {
  const { number } = await network.leader();
  const follower = network.numbers.find((candidate) => candidate !== number);
  if (follower === undefined) throw new Error('a network of one node has no follower');
  return follower;
}

export function privateKeyOf(account: HDAccount): Hex {
  return toHex(account.getHdKey().privateKey ?? new Uint8Array());
}
