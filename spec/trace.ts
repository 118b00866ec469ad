/** Traces of the models as `quint run --out-itf` and `quint test --out-itf` write them (Informal Trace Format), read once and checked. */
import { z } from 'zod';

/** Sets and tuples become arrays, maps become arrays of pairs, integers become numbers. */
export type TraceValue = boolean | number | string | TraceValue[] | { [field: string]: TraceValue };

const integer = z.object({ '#bigint': z.string().regex(/^-?\d+$/) });
const set = z.object({ '#set': z.array(z.unknown()) });
const tuple = z.object({ '#tup': z.array(z.unknown()) });
const map = z.object({ '#map': z.array(z.tuple([z.unknown(), z.unknown()])) });
const fields = z.record(z.string(), z.unknown());

/** Throws RangeError for what is no value of the format. */
function readValue(json: unknown): TraceValue {
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

const traceSchema = z.object({ states: z.array(fields) });

export type TraceState = Readonly<Record<string, TraceValue>>;

/** The values of the model's variables in each state. Throws `ZodError` or RangeError when the text is no trace. */
export function readTrace(text: string): readonly TraceState[] {
  return traceSchema.parse(JSON.parse(text)).states.map((state) =>
    Object.fromEntries(
      Object.entries(state)
        .filter(([name]) => !name.startsWith('#'))
        .map(([name, value]) => [name, readValue(value)]),
    ),
  );
}
