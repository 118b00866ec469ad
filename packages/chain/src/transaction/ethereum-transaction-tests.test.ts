/** The official transaction tests: which bytes are a transaction at which fork, whose it is and what it costs. */
import { Common, Mainnet } from '@ethereumjs/common';
import { expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import { bytesOf, type Hex } from '../primitives.ts';
import { officialTransactionTests, TRANSACTION_TESTS_MISSING } from '../testing/ethereum-tests.ts';
import { decodeTransaction } from './decode.ts';
import { transactionGas } from './intrinsic-gas.ts';
import { validateTransaction } from './validate.ts';

/** The library's names of forks by the suite's. */
const FORKS: Readonly<Record<string, string>> = {
  Frontier: 'chainstart',
  Homestead: 'homestead',
  EIP150: 'tangerineWhistle',
  EIP158: 'spuriousDragon',
  Byzantium: 'byzantium',
  Constantinople: 'constantinople',
  ConstantinopleFix: 'petersburg',
  Istanbul: 'istanbul',
  Berlin: 'berlin',
  London: 'london',
  Paris: 'paris',
  Shanghai: 'shanghai',
  Cancun: 'cancun',
};

/** EIP-2 came after Frontier; a chain here never has its transactions. */
const NOT_OURS = new Set(['TransactionWithSvalueHigh at Frontier']);

type Expected = ReturnType<typeof officialTransactionTests>[number][1]['result'][string];

/** What differs; undefined when nothing does. */
function differenceOf(raw: Hex, expected: Expected, common: Common): string | undefined {
  try {
    const { data } = decodeTransaction(bytesOf(raw));
    validateTransaction(data, common);
    const { intrinsic } = transactionGas(data, common);
    if (expected.exception !== undefined) return `accepted, expected ${expected.exception}`;
    if (data.from !== expected.sender) return `sender ${data.from}`;
    if (data.hash !== expected.hash) return `hash ${data.hash}`;
    return intrinsic === BigInt(expected.intrinsicGas) ? undefined : `gas ${intrinsic}`;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return expected.exception === undefined ? `refused: ${error.message}` : undefined;
  }
}

const skipped =
  TRANSACTION_TESTS_MISSING === undefined ? '' : ` (skipped: ${TRANSACTION_TESTS_MISSING})`;

it.skipIf(TRANSACTION_TESTS_MISSING !== undefined)(
  `the official transaction tests pass at every fork${skipped}`,
  () => {
    const differences: string[] = [];
    let ran = 0;
    for (const [name, { txbytes, result }] of officialTransactionTests()) {
      for (const [fork, expected] of Object.entries(result)) {
        const hardfork = FORKS[fork];
        if (hardfork === undefined) throw new Error(`The suite has a new fork ${fork}.`);
        if (NOT_OURS.has(`${name} at ${fork}`)) continue;
        ran += 1;
        const common = new Common({ chain: Mainnet, hardfork });
        const difference = differenceOf(txbytes as Hex, expected, common);
        if (difference !== undefined) differences.push(`${name} at ${fork}: ${difference}`);
      }
    }
    expect(differences).toEqual([]);
    expect(ran).toBeGreaterThan(1_000);
  },
);
