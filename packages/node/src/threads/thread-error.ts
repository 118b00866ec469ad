/**
 * Errors across threads. Structured cloning drops the fields of an error's subclass, but codes and data of coded
 * errors must arrive: they become JSON-RPC answers. Whoever judges such an error goes by its fields, never its class.
 */

/** An error as plain data. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own fields that are plain values: `code` and what belongs to it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const PLAIN_TYPES = new Set(['string', 'number', 'bigint', 'boolean']);
/** Fields of every error, carried by themselves. */
const OWN_PLACE = new Set(['name', 'message', 'stack', 'cause']);

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined, fields: {} };
  }
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    fields: plainFields(error),
  };
}

export function fromPlainError(plain: PlainError): Error {
  const error = new Error(plain.message);
  error.name = plain.name;
  if (plain.stack !== undefined) {
    error.stack = plain.stack;
  }
  return Object.assign(error, plain.fields);
}

/** The `code` of a coded error of whatever class, on either side of a thread boundary. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function plainFields(value: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (OWN_PLACE.has(name)) {
      continue;
    }
    if (PLAIN_TYPES.has(typeof field)) {
      fields[name] = field;
    } else if (typeof field === 'object' && field !== null) {
      fields[name] = plainFields(field);
    }
  }
  return fields;
}
