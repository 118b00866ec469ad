/** Running Praline nodes: one from a cluster file, or a whole cluster in this process. */
export type { DevFork, DevGenesisOptions } from '@praline/chain';
export { DEV_FORKS } from '@praline/chain/configuration';
export { FolderLock, NodeKey } from 'mokka';
export {
  type Cluster,
  type CreateClusterOptions,
  createCluster,
} from './cluster/create-cluster.ts';
export { describeNetwork, type NetworkDescription } from './cluster/describe-network.ts';
export {
  CLUSTER_FILE_NAME,
  type InitClusterOptions,
  type InitNode,
  initCluster,
  UNFINISHED_FILE_NAME,
} from './cluster/init-cluster.ts';
export {
  type JoinClusterOptions,
  type JoinedCluster,
  joinCluster,
} from './cluster/join-cluster.ts';
export {
  type StartedNode,
  type StartNodeOptions,
  type StartOptions,
  startClusterNode,
  startFirstFreeNode,
} from './cluster/start-node.ts';
export {
  type ClusterFile,
  type ClusterNode,
  formatClusterFile,
  type LoadedCluster,
  loadCluster,
  MAX_NODES,
  parseClusterFile,
} from './config/cluster-file.ts';
export { ConfigError, type ConfigErrorCode } from './config/config-error.ts';
export { writeFileDurably } from './config/durable-file.ts';
export { LOCK_FOLDER, lockNodeFolder } from './config/node-folder.ts';
export { findFreePorts, isPortFree, requireFreePort } from './config/ports.ts';
export {
  type Authorization,
  RPC_NAMESPACES,
  type RpcConfiguration,
  readAuthorization,
  type SecretFiles,
} from './config/rpc-access.ts';
export { type NodeEvent, nodeEventSchema } from './lifecycle/node-event.ts';
export type { NodeOptions } from './lifecycle/node-options.ts';
export { PralineNode } from './lifecycle/praline-node.ts';
export type { LogLevel } from './telemetry/logger.ts';
