/** What a run tells the liar: one variable of its environment. */
import { z } from 'zod';

const LIAR_VARIABLE = 'PRALINE_LIAR';

const settingsSchema = z.object({
  seed: z.int(),
  /** Lower-case addresses whose transactions it keeps out of its pool, and so out of the blocks it proposes. */
  censored: z.array(z.string()),
  /** File in which it counts its lies. */
  record: z.string(),
});

export type LiarSettings = z.infer<typeof settingsSchema>;

export function encodeLiarSettings(settings: LiarSettings): Readonly<Record<string, string>> {
  return { [LIAR_VARIABLE]: JSON.stringify(settings) };
}

/** Throws when the process was not started by a run. */
export function liarSettings(): LiarSettings {
  const text = process.env[LIAR_VARIABLE];
  if (text === undefined) throw new Error(`the liar needs ${LIAR_VARIABLE}`);
  return settingsSchema.parse(JSON.parse(text));
}
