/** Whether this machine's ports are free, asked by binding them for a moment. */
import { createServer } from 'node:net';
import { ConfigError } from './config-error.ts';

/** Ports probed before `findFreePorts` gives up. */
const MAX_PROBES = 1000;

/** True when nothing listens there. A port below 1024 may count as taken for want of a privilege. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Throws `ConfigError` with code `port-taken`, which names the port and what it is for. */
export async function requireFreePort(host: string, port: number, purpose: string): Promise<void> {
  if (!(await isPortFree(host, port))) {
    throw new ConfigError(
      'port-taken',
      `${host}:${port}`,
      `Port ${port} on ${host} (${purpose}) is taken. Stop what listens there, or choose another port.`,
    );
  }
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
