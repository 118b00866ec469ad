/**
 * Proxies between the nodes of a network on this machine, one for each ordered pair, so that nodes can be cut off from each other
 * while clients still reach all of them. To be made before the nodes start.
 */
import type { LinkState } from './directed-pipe.ts';
import { freePorts } from './free-ports.ts';
import { LinkProxy } from './link-proxy.ts';
import type { Network } from './network.ts';

const HOST = '127.0.0.1';

interface Link {
  readonly from: number;
  readonly to: number;
  readonly proxy: LinkProxy;
  readonly state: LinkState;
}

export class PartitionedLinks {
  readonly #links: readonly Link[];

  private constructor(links: readonly Link[]) {
    this.#links = links;
  }

  /** Every node finds the others at proxies from its next start on. */
  static async between(network: Network): Promise<PartitionedLinks> {
    const { numbers, cluster } = network;
    const pairs = numbers.flatMap((from) =>
      numbers.filter((to) => to !== from).map((to) => ({ from, to })),
    );
    const ports = await freePorts(pairs.length);
    const planned = pairs.map(({ from, to }, position) => {
      const state: LinkState = { isBlocked: false, delay: null };
      return { from, to, state, port: ports[position] ?? 0 };
    });
    const find = (from: number, to: number): (typeof planned)[number] => {
      const found = planned.find((link) => link.from === from && link.to === to);
      if (found === undefined) throw new Error(`no way from node ${from} to node ${to}`);
      return found;
    };
    const links = await Promise.all(
      planned.map(async ({ from, to, state, port }): Promise<Link> => {
        const target = { host: HOST, port: cluster.nodes[to - 1]?.port ?? 0 };
        const proxy = await LinkProxy.listen({
          ...{ listen: { host: HOST, port }, target },
          outward: state,
          inward: find(to, from).state,
        });
        return { from, to, proxy, state };
      }),
    );
    for (const self of numbers) {
      const nodes = cluster.nodes.map((node, position) =>
        position + 1 === self ? node : { ...node, port: find(self, position + 1).port },
      );
      network.writeClusterFile(self, { ...cluster, nodes });
    }
    return new PartitionedLinks(links);
  }

  /** Nothing passes between this node and the others, and nobody is told. */
  cutOff(number: number): void {
    for (const { from, to, state } of this.#links) {
      if (from === number || to === number) state.isBlocked = true;
    }
  }

  /** Everything passes again, what was held back first. */
  heal(): void {
    for (const { state } of this.#links) state.isBlocked = false;
    for (const { proxy } of this.#links) proxy.flush();
  }

  close(): void {
    for (const { proxy } of this.#links) proxy.close();
  }
}
