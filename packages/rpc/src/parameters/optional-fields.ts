/** Optional members of object arguments: null counts as absent, and absent members stay absent. */
import { z } from 'zod';

/** A member that may be missing or null. */
export function optionalField<Value>(schema: z.ZodType<Value>): z.ZodType<Value | undefined> {
  return z.preprocess((value) => value ?? undefined, schema.optional()).optional() as z.ZodType<
    Value | undefined
  >;
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** The same object without members that are undefined. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>;
}
