import { InvalidArgumentError } from 'commander';

/** Parser of a whole number within bounds, for commander's options. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** A TCP port. */
export const parsePort = wholeNumber(1, 65_535);
