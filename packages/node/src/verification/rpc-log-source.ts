/** The log of a running node, page by page over JSON-RPC (`mokka_getLog`). */
import { z } from 'zod';
import type { Authorization } from '../config/rpc-access.ts';
import type { LogExtent, LogRecord, LogSource } from './log-source.ts';

/** Milliseconds for one page. */
const PAGE_TIMEOUT_MS = 30_000;
const MAX_PAGE_ENTRIES = 256;
/** Changes of the members that are read; more are no network's. */
const MAX_MEMBERSHIPS = 100_000;

const hexBytes = z
  .string()
  .regex(/^0x(?:[0-9a-f]{2})*$/)
  .transform((text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')));

const records = z
  .array(z.object({ index: z.int().min(1), entry: hexBytes, certificate: hexBytes.nullable() }))
  .max(MAX_PAGE_ENTRIES);

const page = z.object({
  commitIndex: z.int().min(0),
  firstIndex: z.int().min(1),
  memberships: records,
  entries: records,
});

const answer = z.object({
  result: page.optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** The node does not answer, or not as a node of this release does. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

export class RpcLogSource implements LogSource {
  readonly #url: string;
  readonly #authorization: Authorization;

  /** `authorization`: for a node that lets in whoever shows a token. */
  constructor(url: string, authorization: Authorization = () => null) {
    this.#url = url;
    this.#authorization = authorization;
  }

  async extent(): Promise<LogExtent> {
    const { commitIndex, firstIndex, memberships } = await this.#page(1, 1);
    const all = [...memberships];
    let read = all.at(-1)?.index;
    while (read !== undefined && read < firstIndex - 1) {
      const more = (await this.#page(read + 1, 1)).memberships;
      read = more.at(-1)?.index;
      all.push(...more.filter(({ index }) => index < firstIndex));
      if (all.length > MAX_MEMBERSHIPS) {
        throw new LogUnavailableError(`${this.#url} tells of changes of the members without end.`);
      }
    }
    return {
      first: firstIndex,
      memberships: all,
      last: commitIndex,
      committed: commitIndex,
      chain: null,
    };
  }

  async read(from: number, maxCount: number): Promise<readonly LogRecord[]> {
    return (await this.#page(from, Math.min(maxCount, MAX_PAGE_ENTRIES))).entries;
  }

  async close(): Promise<void> {
    // Nothing is held between two pages.
  }

  /** Throws `LogUnavailableError`. */
  async #page(from: number, count: number): Promise<z.infer<typeof page>> {
    let body: unknown;
    const authorization = this.#authorization();
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(authorization === null ? {} : { authorization }),
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'mokka_getLog',
          params: [from, count],
        }),
        signal: AbortSignal.timeout(PAGE_TIMEOUT_MS),
      });
      if (response.status === 401) {
        const reason = (await response.text()).trim();
        throw new LogUnavailableError(`${this.#url} lets nobody in without a token: ${reason}`);
      }
      body = await response.json();
    } catch (error) {
      if (error instanceof LogUnavailableError) throw error;
      throw new LogUnavailableError(`No node answers at ${this.#url}.`, { cause: error });
    }
    const parsed = answer.safeParse(body);
    if (parsed.success && parsed.data.result !== undefined) {
      return parsed.data.result;
    }
    const reason = parsed.success ? (parsed.data.error?.message ?? 'no result') : 'another form';
    throw new LogUnavailableError(
      `What answers at ${this.#url} gives no log of a Praline node: ${reason}.`,
    );
  }
}
