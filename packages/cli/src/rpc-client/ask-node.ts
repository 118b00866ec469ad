/** Calls of a node's methods, which it may refuse for a reason, as it does a change of the members. */
import type { Authorization } from '@praline/node';
import { z } from 'zod';
import { CommandError, EXIT_CODES } from '../exit-code.ts';

const answer = z.object({
  result: z.unknown().optional(),
  error: z
    .object({
      code: z.number(),
      message: z.string(),
      data: z.object({ reason: z.string().optional() }).optional().catch(undefined),
    })
    .optional(),
});

/** The node answered that it will not, and why. */
export class RefusedError extends CommandError {
  /** What it calls the reason; null where it gives none. */
  readonly reason: string | null;

  constructor(message: string, reason: string | null) {
    super(EXIT_CODES.failure, message);
    this.reason = reason;
  }
}

export interface Question {
  readonly method: string;
  readonly params?: readonly unknown[];
  /** Milliseconds; default 3,000. */
  readonly timeoutMs?: number;
}

/** A node, and what shows it that we may ask. */
export interface AskedNode {
  readonly url: string;
  /** Default: nothing is shown. */
  readonly authorization?: Authorization;
}

/** Throws `RefusedError`, or `CommandError` `unreachable` where no Praline node answers. */
export async function askNode<Result>(
  { url, authorization: authorize = () => null }: AskedNode,
  { method, params = [], timeoutMs = 3_000 }: Question,
  schema: z.ZodType<Result>,
): Promise<Result> {
  let body: unknown;
  let isStranger = false;
  const authorization = authorize();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === null ? {} : { authorization }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    isStranger = response.status === 401;
    body = isStranger ? await response.text() : await response.json();
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new CommandError(
      EXIT_CODES.unreachable,
      isLate ? `${url} did not answer in time.` : `No node answers at ${url}.`,
      { cause: error },
    );
  }
  if (isStranger) {
    const reason = String(body).trim();
    throw new CommandError(
      EXIT_CODES.unreachable,
      `${url} lets in whoever shows a token: ${reason} Name its file with --rpc-token-file or --rpc-jwt-secret.`,
    );
  }
  const parsed = answer.safeParse(body);
  const error = parsed.success ? parsed.data.error : undefined;
  if (error !== undefined) {
    throw new RefusedError(`${url} refuses: ${error.message}.`, error.data?.reason ?? null);
  }
  const result = parsed.success ? schema.safeParse(parsed.data.result) : null;
  if (result?.success) {
    return result.data;
  }
  throw new CommandError(EXIT_CODES.unreachable, `What answers at ${url} is no Praline node.`);
}
