import type { Genesis } from '@praline/chain';
import { type NodeId, parseClusterId, type StoreIdentity } from 'mokka';

/** What a node's store is bound to: the cluster by its configuration hash, which also stands for the log's root. */
export function storeIdentity(genesis: Genesis, self: NodeId): StoreIdentity {
  const clusterId = parseClusterId(genesis.configurationHash.slice(2));
  return {
    clusterId,
    self,
    rootHash: clusterId as string as StoreIdentity['rootHash'],
    crashModel: genesis.praline.crashModel,
  };
}
