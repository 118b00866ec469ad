/** Processor profiles as `node --cpu-prof` leaves them: how long each stack was seen. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const profileSchema = z.looseObject({
  nodes: z.array(
    z.looseObject({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  /** Microseconds. */
  endTime: z.number(),
  samples: z.array(z.int()),
  /** Microseconds since the sample before. */
  timeDeltas: z.array(z.number()),
  startTime: z.number(),
});
export type CpuProfile = z.infer<typeof profileSchema>;

export interface Frame {
  readonly functionName: string;
  /** Of the file; empty for what V8 itself does. */
  readonly url: string;
}

export function readCpuProfile(path: string): CpuProfile {
  return profileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/**
 * Milliseconds by the name that `nameOf` gives to the innermost frame it knows, of the last `seconds` of the profile; null names
 * nothing, and what no frame names is `otherwise`.
 */
export function timeByName(
  profile: CpuProfile,
  seconds: number,
  nameOf: (frame: Frame) => string | null,
  otherwise: string,
): Map<string, number> {
  const names = namesOfNodes(profile, nameOf);
  const times = new Map<string, number>();
  const from = profile.endTime - seconds * 1_000_000;
  let at = profile.startTime;
  for (const [index, node] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    if (at < from) continue;
    const name = names.get(node) ?? otherwise;
    times.set(name, (times.get(name) ?? 0) + delta / 1_000);
  }
  return times;
}

/** Children come after their parents. */
function namesOfNodes(
  { nodes }: CpuProfile,
  nameOf: (frame: Frame) => string | null,
): Map<number, string | null> {
  const names = new Map<number, string | null>();
  const inherited = new Map<number, string | null>();
  for (const { id, callFrame, children } of nodes) {
    const name = nameOf(callFrame) ?? inherited.get(id) ?? null;
    names.set(id, name);
    for (const child of children ?? []) inherited.set(child, name);
  }
  return names;
}
