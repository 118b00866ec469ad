/** Balances and allowances of ERC-20 tokens, set where the token's own answer shows that it keeps them. */
import type { Address, Hex } from '@praline/chain';
import { slotOf } from '@praline/chain/configuration';
import type { RpcBackend } from '../../backend.ts';
import { RPC_ERROR_CODES, RpcError } from '../../errors.ts';
import { type Parameter, required } from '../../method.ts';
import { editOf } from '../../parameters/development.ts';
import { address, uint256 } from '../../parameters/hex.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT } from '../examples.ts';
import { developmentMethods } from './development-method.ts';

/** First four bytes of the hash of `balanceOf(address)`. */
const BALANCE_OF = '70a08231';
/** First four bytes of the hash of `allowance(address,address)`. */
const ALLOWANCE = 'dd62ed3e';

const LATEST = { tag: 'latest' } as const;
const tokenParameter = required('token', address, 'The token contract, 20 bytes.');
const account = (name: string, description: string): Parameter<Address> =>
  required(name, address, description);

export const dealErc20 = developmentMethods({
  names: {
    anvil_dealERC20: ['anvil'],
    hardhat_dealERC20: ['anvil'],
    anvil_setERC20Balance: ['anvil'],
  },
  summary:
    'Sets how much of an ERC-20 token an account has, where the token keeps it in a slot of its own. The total supply stays.',
  params: [
    account('holder', 'Account, 20 bytes.'),
    tokenParameter,
    required('amount', uint256, 'In the smallest unit of the token.'),
  ],
  result: 'Null, true under `hardhat_`.',
  example: { params: [EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, '0x64'], result: null },
  operation: ([holder, token, amount], { backend }) =>
    editOfWord(backend, token, `0x${BALANCE_OF}${wordOf(holder)}`, amount, 'balance'),
});

export const setErc20Allowance = developmentMethods({
  names: { anvil_setERC20Allowance: ['anvil'], hardhat_setERC20Allowance: [] },
  summary: 'Sets how much of an ERC-20 token another account may spend, as `anvil_dealERC20` does.',
  params: [
    account('owner', 'Account whose tokens they are.'),
    account('spender', 'Account that may spend them.'),
    tokenParameter,
    required('amount', uint256, 'In the smallest unit of the token.'),
  ],
  result: 'Null, true under `hardhat_`.',
  example: {
    params: [EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, EXAMPLE_CONTRACT, '0x64'],
    result: null,
  },
  operation: ([owner, spender, token, amount], { backend }) =>
    editOfWord(
      backend,
      token,
      `0x${ALLOWANCE}${wordOf(owner)}${wordOf(spender)}`,
      amount,
      'allowance',
    ),
});

/** Of the slots that the call reads, the one that makes it answer `amount`. */
async function editOfWord(
  { executor }: RpcBackend,
  token: Address,
  input: Hex,
  amount: bigint,
  what: string,
) {
  const request = { to: token, input };
  const { accessList } = await executor.createAccessList(request, LATEST);
  const value = slotOf(amount);
  for (const { address: keeper, storageKeys } of accessList) {
    for (const key of storageKeys) {
      const stateDiff = new Map([[BigInt(key), value]]);
      const stateOverrides = new Map([[keeper, { stateDiff }]]);
      const result = await executor.call(request, LATEST, { stateOverrides });
      if (result.status === 'success' && result.output === value) {
        return editOf(keeper, { slots: [{ slot: key, value }] });
      }
    }
  }
  throw new RpcError(
    RPC_ERROR_CODES.internalError,
    `Unable to set ERC20 ${what}, no slot found: ${token} keeps it in no slot of its own`,
  );
}

function wordOf(one: Address): string {
  return one.slice(2).padStart(64, '0');
}
