/** Compiles Solidity with the `solc` package; OpenZeppelin's sources come from its own package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import solc from 'solc';
import type { Abi, Hex } from 'viem';
import { z } from 'zod';

const require = createRequire(import.meta.url);

const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.unknown()),
          evm: z.object({ bytecode: z.object({ object: z.string() }) }),
        }),
      ),
    )
    .default({}),
});

export interface CompiledContract {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

export interface CompileOptions {
  /** The fork whose instructions may be used, such as `shanghai`. Default: the compiler's. */
  readonly evmVersion?: string;
}

/** Throws with the compiler's messages when the source has errors. */
export function compile(
  contract: string,
  source: string,
  options: CompileOptions = {},
): CompiledContract {
  const input = {
    language: 'Solidity',
    sources: { 'test.sol': { content: source } },
    settings: {
      ...options,
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const findImport = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') });
  const output = outputSchema.parse(
    JSON.parse(solc.compile(JSON.stringify(input), { import: findImport })),
  );
  const errors = output.errors.filter((error) => error.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  const compiled = output.contracts['test.sol']?.[contract];
  if (compiled === undefined) throw new Error(`the source has no contract ${contract}`);
  return { abi: compiled.abi as Abi, bytecode: `0x${compiled.evm.bytecode.object}` };
}

/** An OpenZeppelin ERC-20 whose whole supply belongs to its deployer. */
export const TOKEN_SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Token is ERC20 {
  constructor(uint256 supply) ERC20("Token", "TKN") { _mint(msg.sender, supply); }
}`;
