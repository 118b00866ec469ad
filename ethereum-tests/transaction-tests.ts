/** TransactionTests: whether bytes are a transaction under each set of rules, whose, and what it costs at least. */
import { z } from 'zod';
import { ChainError } from '../packages/chain/src/errors.ts';
import { commonAt } from '../packages/chain/src/genesis/chain-parameters.ts';
import { bytesOf, type Hex } from '../packages/chain/src/primitives.ts';
import { decodeTransaction } from '../packages/chain/src/transaction/decode.ts';
import { transactionGas } from '../packages/chain/src/transaction/intrinsic-gas.ts';
import { validateTransaction } from '../packages/chain/src/transaction/validate.ts';
import { genesisOfRules } from './rules.ts';
import type { TestCase } from './test-case.ts';

const expected = z.object({
  exception: z.string().optional(),
  hash: z.string().optional(),
  sender: z.string().optional(),
  intrinsicGas: z.string().optional(),
});

export const transactionTest = z.object({
  txbytes: z.string(),
  /** By rules; `exception` when it is no transaction under them. */
  result: z.record(z.string(), expected),
});

export function transactionCases(
  name: string,
  { txbytes, result }: z.output<typeof transactionTest>,
): TestCase[] {
  return Object.entries(result).map(([network, one]) => ({
    name: `${name} ${network}`,
    run: async () => differenceOf(txbytes as Hex, one, network),
  }));
}

function differenceOf(
  raw: Hex,
  { exception, sender, hash, intrinsicGas }: z.output<typeof expected>,
  network: string,
): string | undefined {
  const common = commonAt(genesisOfRules(network).common, 0, 0);
  try {
    const { data } = decodeTransaction(bytesOf(raw));
    validateTransaction(data, common);
    const { intrinsic } = transactionGas(data, common);
    if (exception !== undefined) return `accepted, expected ${exception}`;
    if (data.from !== sender) return `sender ${data.from}, expected ${sender}`;
    if (data.hash !== hash) return `hash ${data.hash}, expected ${hash}`;
    const gas = BigInt(intrinsicGas ?? 0);
    return intrinsic === gas ? undefined : `intrinsic gas ${intrinsic}, expected ${gas}`;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return exception === undefined ? `refused: ${error.message}` : undefined;
  }
}
