/** Whether this machine's ports are free, asked by binding them for a moment. */
import { createServer } from 'node:net';
import { ConfigError } from './config-error.ts';

/** Ports probed before `findFreePorts` gives up. */
const MAX_PROBES = 1000;

/** True when this process can listen there. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  return (await probe(host, port)) === null;
}

/** Throws `ConfigError` with code `port-taken` or `port-unusable`, which names the port and what it is for. */
export async function requireFreePort(host: string, port: number, purpose: string): Promise<void> {
  const error = await probe(host, port);
  if (error !== null) {
    throw portError({ host, port, purpose }, error);
  }
}

/** What it means for the operator that listening failed. */
export function portError(
  place: { readonly host: string; readonly port: number; readonly purpose: string },
  error: NodeJS.ErrnoException,
): ConfigError {
  const { host, port, purpose } = place;
  const path = `${host}:${port}`;
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        'port-taken',
        path,
        `Port ${port} on ${host} (${purpose}) is taken. Stop what listens there, or choose another port.`,
        cause,
      );
    case 'EACCES':
      return new ConfigError(
        'port-unusable',
        path,
        `This user may not listen on port ${port} (${purpose}). Choose a port from 1024 on.`,
        cause,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError(
        'port-unusable',
        path,
        `${host} (${purpose}) is no address of this machine. Name one that is, or 0.0.0.0 for all.`,
        cause,
      );
    default:
      return new ConfigError(
        'port-unusable',
        path,
        `Can not listen on port ${port} of ${host} (${purpose}): ${error.message}.`,
        cause,
      );
  }
}

/** Null when this process can listen there. */
function probe(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** The first `count` free ports at or above `from`, ascending, without those in `others`. Throws `ConfigError` with code `port-taken`. */
export async function findFreePorts(
  host: string,
  from: number,
  count: number,
  others: readonly number[] = [],
): Promise<number[]> {
  const found: number[] = [];
  for (let port = from; port < from + MAX_PROBES && port <= 65_535; port += 1) {
    if (!others.includes(port) && (await isPortFree(host, port))) {
      found.push(port);
    }
    if (found.length === count) {
      return found;
    }
  }
  throw new ConfigError(
    'port-taken',
    `${host}:${from}`,
    `Found no ${count} free ports on ${host} from ${from} on.`,
  );
}
