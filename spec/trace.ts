/** Traces of the models as `quint run --mbt --out-itf` writes them (Informal Trace Format), read once and checked. */
import { z } from 'zod';

/** Sets and tuples become arrays, maps become arrays of pairs, integers become numbers. */
export type TraceValue = boolean | number | string | TraceValue[] | { [field: string]: TraceValue };

const integer = z.object({ '#bigint': z.string().regex(/^-?\d+$/) });
const set = z.object({ '#set': z.array(z.unknown()) });
const tuple = z.object({ '#tup': z.array(z.unknown()) });
const map = z.object({ '#map': z.array(z.tuple([z.unknown(), z.unknown()])) });
const fields = z.record(z.string(), z.unknown());

/** Throws RangeError for what is no value of the format. */
export function readValue(json: unknown): TraceValue {
  if (typeof json === 'boolean' || typeof json === 'string') return json;
  if (typeof json === 'number' && Number.isSafeInteger(json)) return json;
  if (Array.isArray(json)) return json.map(readValue);
  const asInteger = integer.safeParse(json);
  if (asInteger.success) return Number(asInteger.data['#bigint']);
  const asSet = set.safeParse(json);
  if (asSet.success) return asSet.data['#set'].map(readValue);
  const asTuple = tuple.safeParse(json);
  if (asTuple.success) return asTuple.data['#tup'].map(readValue);
  const asMap = map.safeParse(json);
  if (asMap.success) {
    return asMap.data['#map'].map(([key, value]) => [readValue(key), readValue(value)]);
  }
  const asFields = fields.safeParse(json);
  if (!asFields.success) throw new RangeError(`no value of a trace: ${JSON.stringify(json)}`);
  return Object.fromEntries(
    Object.entries(asFields.data)
      .filter(([name]) => name !== '#meta')
      .map(([name, value]) => [name, readValue(value)]),
  );
}

const picksSchema = z.record(z.string(), z.object({ tag: z.string(), value: z.unknown() }));
const traceSchema = z.object({
  states: z.array(
    z.looseObject({ 'mbt::actionTaken': z.string(), 'mbt::nondetPicks': z.unknown() }),
  ),
});

/** One state, and the step that led to it. */
export interface TraceStep {
  readonly action: string;
  /** The choices of the step by name. */
  readonly picks: Readonly<Record<string, TraceValue>>;
  readonly state: Readonly<Record<string, TraceValue>>;
}

/** Reads a whole trace; throws `ZodError` or RangeError when the text is none. */
export function readTrace(text: string): readonly TraceStep[] {
  return traceSchema.parse(JSON.parse(text)).states.map((raw) => {
    const { 'mbt::actionTaken': action, 'mbt::nondetPicks': rawPicks, ...variables } = raw;
    const picks: Record<string, TraceValue> = {};
    for (const [name, pick] of Object.entries(picksSchema.parse(rawPicks))) {
      if (pick.tag === 'Some') picks[name] = readValue(pick.value);
    }
    const state: Record<string, TraceValue> = {};
    for (const [name, value] of Object.entries(variables)) {
      if (!name.startsWith('#')) state[name] = readValue(value);
    }
    return { action, picks, state };
  });
}
