/** Calls of a method that may take long or be refused for a reason, such as a change of the members. */
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

/** Throws `RefusedError`, or `CommandError` `unreachable` where no Praline node answers. */
export async function askNode<Result>(
  url: string,
  { method, params = [], timeoutMs = 3_000 }: Question,
  schema: z.ZodType<Result>,
): Promise<Result> {
  let body: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    body = await response.json();
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new CommandError(
      EXIT_CODES.unreachable,
      isLate ? `${url} did not answer in time.` : `No node answers at ${url}.`,
      { cause: error },
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
