/** An OpenZeppelin ERC-20 whose supply belongs to the accounts that send. */
import { type Address, DEV_MNEMONIC, type DerivedAccount, deriveAccounts } from '@praline/chain';
import { encodeDeployData, encodeFunctionData, getContractAddress, type Hex } from 'viem';
import { compile } from '../harness/contracts.ts';
import { callRpc } from '../harness/json-rpc.ts';
import { until } from '../harness/until.ts';
import { signCall } from './signed-transactions.ts';

/** The newest rules that each node that is compared knows: Ganache ends there. */
const EVM_VERSION = 'shanghai';

const SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Token is ERC20 {
  constructor(address[] memory holders, uint256 amount) ERC20("Token", "TKN") {
    for (uint256 at = 0; at < holders.length; at++) _mint(holders[at], amount);
  }
}`;

/** Units of each holder. */
const AMOUNT = 10n ** 24n;
const DEPLOY_GAS = 10_000_000n;
/** Milliseconds. */
const DEPLOYED_TIMEOUT_MS = 60_000;

/** A transfer to an account that has none yet costs about 52,000. */
export const TOKEN_TRANSFER_GAS = 60_000n;

export class Token {
  /** The same wherever it is deployed, as its deployer and nonce are. */
  readonly address: Hex;
  readonly holders: readonly Address[];
  readonly #raw: Hex;
  readonly #abi: ReturnType<typeof compile>['abi'];

  /** The first `holders` development accounts own it, the one after them deploys it. */
  constructor(holders: number) {
    const accounts = deriveAccounts(DEV_MNEMONIC, holders + 1);
    const deployer = accounts.at(-1) as DerivedAccount;
    const { abi, bytecode } = compile('Token', SOURCE, { evmVersion: EVM_VERSION });
    this.#abi = abi;
    this.holders = accounts.slice(0, -1).map(({ address }) => address);
    this.address = getContractAddress({ from: deployer.address, nonce: 0n });
    const input = encodeDeployData({ abi, bytecode, args: [this.holders, AMOUNT] });
    this.#raw = signCall(deployer, 0, { to: null, value: 0n, input, gasLimit: DEPLOY_GAS });
  }

  /** Resolves when every address has the contract. */
  async deploy(urls: readonly string[]): Promise<void> {
    await callRpc(urls[0] ?? '', 'eth_sendRawTransaction', [this.#raw]);
    for (const url of urls) {
      await until(async () => {
        const code = await callRpc<string>(url, 'eth_getCode', [this.address, 'latest']);
        if (code === '0x') throw new Error(`the token is not deployed at ${url}`);
      }, DEPLOYED_TIMEOUT_MS);
    }
  }

  transferInput(to: Hex): Hex {
    return encodeFunctionData({ abi: this.#abi, functionName: 'transfer', args: [to, 1n] });
  }

  balanceInput(of: Hex): Hex {
    return encodeFunctionData({ abi: this.#abi, functionName: 'balanceOf', args: [of] });
  }
}

/** Where account `index` sends to: nobody else does. */
export function tokenRecipient(index: number): Hex {
  return `0x${(0xbe7c0000 + index).toString(16).padStart(40, '0')}`;
}
