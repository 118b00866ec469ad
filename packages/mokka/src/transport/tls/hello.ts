/** The first frame in each direction: which cluster, and which run of the process. */
import { randomBytes } from 'node:crypto';
import type { ClusterId } from '../../core/types.ts';
import { CLUSTER_ID_BYTES, parseClusterId } from '../../identity/cluster-id.ts';

const INSTANCE_BYTES = 8;

export interface Hello {
  readonly clusterId: ClusterId;
  /** Random number of the sender's run, 16 hexadecimal digits: tells a restarted peer from a second link. */
  readonly instance: string;
}

export function createInstance(): string {
  return randomBytes(INSTANCE_BYTES).toString('hex');
}

export function encodeHello(hello: Hello): Uint8Array {
  return Buffer.from(hello.clusterId + hello.instance, 'hex');
}

/** Undefined when `body` is no hello. */
export function decodeHello(body: Uint8Array): Hello | undefined {
  if (body.length !== CLUSTER_ID_BYTES + INSTANCE_BYTES) return undefined;
  const hex = Buffer.from(body).toString('hex');
  return {
    clusterId: parseClusterId(hex.slice(0, CLUSTER_ID_BYTES * 2)),
    instance: hex.slice(CLUSTER_ID_BYTES * 2),
  };
}
