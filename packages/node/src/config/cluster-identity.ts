import type { GenesisConfiguration } from '@praline/chain';
import { type NodeId, parseClusterId, rootHashOf, type StoreIdentity } from 'mokka';

/** What a node's store is bound to: its key, and the cluster by its configuration hash. */
export function storeIdentity(genesis: GenesisConfiguration, self: NodeId): StoreIdentity {
  const clusterId = parseClusterId(genesis.configurationHash.slice(2));
  return {
    clusterId,
    self,
    rootHash: rootHashOf(clusterId),
    crashModel: genesis.praline.crashModel,
  };
}
