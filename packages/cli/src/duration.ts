import { InvalidArgumentError } from 'commander';

const UNITS_MS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['', 1000],
]);
/** A day; longer block times are a mistake. */
const MAX_MS = 86_400_000;

/** Milliseconds of `2`, `0.5`, `500ms`, `2s` or `1m`; a plain number is seconds. For commander's argument parsing. */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|)$/.exec(text) ?? [];
  const milliseconds = Math.round(Number(digits) * (UNITS_MS.get(unit ?? '-') ?? Number.NaN));
  if (!(milliseconds >= 1 && milliseconds <= MAX_MS)) {
    throw new InvalidArgumentError('Write a time such as 2, 0.5, 500ms or 1m.');
  }
  return milliseconds;
}
