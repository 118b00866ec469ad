/** Where other machines reach a node's JSON-RPC. */
import type { NodeId } from 'mokka';
import type { PeerStatus } from '../gossip/peer-message.ts';
import type { ClusterNode } from './cluster-file.ts';
import type { RpcAccess } from './rpc-access.ts';

const ANY_ADDRESS = new Set(['0.0.0.0', '::']);
const LOOPBACK = /^(localhost|127\..*|::1)$/;

type Places = Pick<ClusterNode, 'host' | 'rpcHost' | 'rpcPort'>;

export function schemeOf(access: RpcAccess | undefined): 'http' | 'https' {
  return access?.tls === undefined ? 'http' : 'https';
}

/** What a node tells the others; null when its RPC port serves its own machine only, and they are elsewhere. */
export function advertisedRpcUrl(
  { host, rpcHost, rpcPort }: Places,
  scheme: 'http' | 'https' = 'http',
): string | null {
  if (LOOPBACK.test(rpcHost) && !LOOPBACK.test(host)) {
    return null;
  }
  const reachable = ANY_ADDRESS.has(rpcHost) ? host : rpcHost;
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${rpcPort}`;
}

/** Of a member: as the cluster file has it, or as the member itself says; null when neither is known. */
export function rpcUrlOf(
  nodes: readonly ClusterNode[],
  id: NodeId,
  status: PeerStatus | null,
): string | null {
  const listed = nodes.find(({ publicKey }) => publicKey === id);
  if (listed === undefined) {
    return status?.rpcUrl ?? null;
  }
  const rpcHost = ANY_ADDRESS.has(listed.rpcHost) ? listed.host : listed.rpcHost;
  // Whether it speaks TLS, only the member itself says.
  const scheme = status?.rpcUrl?.startsWith('https:') ? 'https' : 'http';
  return `${scheme}://${rpcHost.includes(':') ? `[${rpcHost}]` : rpcHost}:${listed.rpcPort}`;
}
