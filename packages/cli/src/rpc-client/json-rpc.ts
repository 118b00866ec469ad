/** The few JSON-RPC calls that the command line makes itself. */
import { z } from 'zod';
import { CommandError, EXIT_CODES } from '../exit-code.ts';

/** Milliseconds until a node counts as not answering. */
const TIMEOUT_MS = 3_000;

const answer = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

/** Calls a method and checks the form of its result. Throws `CommandError`. */
export async function callRpc<Result>(
  url: string,
  method: string,
  schema: z.ZodType<Result>,
): Promise<Result> {
  let body: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = await response.json();
  } catch (error) {
    throw new CommandError(EXIT_CODES.unreachable, `No node answers at ${url}.`, { cause: error });
  }
  const parsed = answer.safeParse(body);
  const result = parsed.success ? schema.safeParse(parsed.data.result) : null;
  if (result?.success) {
    return result.data;
  }
  const reason = parsed.success ? parsed.data.error?.message : undefined;
  throw new CommandError(
    EXIT_CODES.unreachable,
    `What answers at ${url} is no Praline node${reason === undefined ? '' : `: ${reason}`}.`,
  );
}
