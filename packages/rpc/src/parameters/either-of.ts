/** One of two forms of an argument, told apart before it is parsed, so that the reason of a refusal is that of the form meant. */
import { z } from 'zod';

/** `meant`: which of the two a value tries to be. */
export function eitherOf<First, Second>(
  forms: readonly [z.ZodType<First>, z.ZodType<Second>],
  meant: (value: unknown) => 0 | 1,
): z.ZodType<First | Second> {
  return z.union([...forms], {
    error: (issue) => {
      if (issue.code !== 'invalid_union') return undefined;
      const reason = issue.errors[meant(issue.input)]?.[0];
      if (reason === undefined) return undefined;
      const { path, message } = reason;
      return path.length === 0 ? message : `${path.join('.')}: ${message}`;
    },
  });
}
