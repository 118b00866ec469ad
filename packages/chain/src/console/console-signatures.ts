/**
 * The functions of `console.sol` by selector, all called `log`: up to four parameters of four types in any order, and single
 * ones of the fixed bytes. Versions before 2022 wrote `uint` and `int` into what they hashed, so their selectors differ.
 */
import { keccak256 } from '../crypto/keccak.ts';
import { hexOf } from '../primitives.ts';

const COMBINED_TYPES = ['uint256', 'string', 'bool', 'address'] as const;
const PARAMETERS_MAX = 4;
const FIXED_BYTES_MAX = 32;

/** Canonical names of the types of a call's parameters. */
export type ConsoleTypes = readonly string[];

let table: ReadonlyMap<string, ConsoleTypes> | undefined;

/** By selector, `0x` and eight digits. Made at the first use, some milliseconds. */
export function consoleTypes(selector: string): ConsoleTypes | undefined {
  table ??= makeTable();
  return table.get(selector);
}

function makeTable(): ReadonlyMap<string, ConsoleTypes> {
  const made = new Map<string, ConsoleTypes>();
  const add = (types: ConsoleTypes): void => {
    made.set(selectorOf(types), types);
    const historic = types.map((type) => type.replace(/^(u?int)256$/, '$1'));
    made.set(selectorOf(historic), types);
  };
  let lists: ConsoleTypes[] = [[]];
  for (let count = 0; count <= PARAMETERS_MAX; count += 1) {
    lists.forEach(add);
    lists = lists.flatMap((list) => COMBINED_TYPES.map((type) => [...list, type]));
  }
  add(['int256']);
  add(['bytes']);
  for (let size = 1; size <= FIXED_BYTES_MAX; size += 1) add([`bytes${size}`]);
  return made;
}

function selectorOf(types: readonly string[]): string {
  return hexOf(keccak256(Buffer.from(`log(${types.join(',')})`, 'ascii')).subarray(0, 4));
}
