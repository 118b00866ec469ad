/**
 * Values as UTF-8 JSON. Encoding refuses what `JSON.stringify` would silently change: another node would apply something
 * else than what was pushed.
 */

import type { JsonValue } from './push.ts';
import { PushError } from './push-error.ts';

/** Deepest nesting of arrays and objects; deeper ones, and circles, are refused. */
export const VALUE_DEPTH_MAX = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {PushError} `invalid-value`. */
export function encodeValue(value: JsonValue): Uint8Array {
  check(value, 'the value', 0);
  return encoder.encode(JSON.stringify(value));
}

/** Throws an `Error` of the platform for bytes that are no JSON in UTF-8. */
export function decodeValue(bytes: Uint8Array): JsonValue {
  return JSON.parse(decoder.decode(bytes)) as JsonValue;
}

/** @throws {PushError} `invalid-key`. */
export function encodeKey(key: string): Uint8Array {
  if (typeof key !== 'string' || key === '' || !isWellFormed(key)) {
    throw new PushError('invalid-key', 'a key is a string of Unicode text that is not empty');
  }
  return encoder.encode(key);
}

/** Throws an `Error` of the platform for bytes that are no UTF-8. */
export function decodeKey(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function check(value: unknown, where: string, depth: number): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw invalid(`${where} holds half of a surrogate pair`);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(`${where} is ${value}`);
  } else if (typeof value !== 'object') {
    throw invalid(`${where} is a ${typeof value}`);
  } else if (depth >= VALUE_DEPTH_MAX) {
    throw invalid(`${where} is nested deeper than ${VALUE_DEPTH_MAX}, or contains itself`);
  } else if (Array.isArray(value)) {
    // Not forEach, which passes over holes.
    for (let at = 0; at < value.length; at += 1) check(value[at], `${where}[${at}]`, depth + 1);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw invalid(`${where} is an object of a class`);
    }
    if ('toJSON' in value) throw invalid(`${where} has a toJSON`);
    for (const [name, member] of Object.entries(value)) {
      if (!isWellFormed(name)) throw invalid(`a name in ${where} holds half of a surrogate pair`);
      check(member, `${where}.${name.slice(0, 40)}`, depth + 1);
    }
  }
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function invalid(what: string): PushError {
  return new PushError('invalid-value', `${what}: JSON can not carry that without loss`);
}
