import { serverError } from '../../errors.ts';
import { required } from '../../method.ts';
import { amountOfGas, feePerGas } from '../../parameters/development.ts';
import { address, hash } from '../../parameters/hex.ts';
import { developmentMethods } from './development-method.ts';

export const setBlockGasLimit = developmentMethods({
  names: {
    evm_setBlockGasLimit: ['anvil', 'hardhat'],
    anvil_setBlockGasLimit: ['anvil'],
  },
  summary: 'Sets the gas limit of all blocks from the next on.',
  params: [required('gasLimit', amountOfGas, 'Of each block.')],
  result: 'True.',
  example: { params: ['0x1c9c380'], result: true },
  operation: ([gasLimit]) => ({ kind: 'set-gas-limit', gasLimit }),
  answer: () => true,
});

export const setCoinbase = developmentMethods({
  names: {
    hardhat_setCoinbase: ['anvil', 'hardhat'],
    anvil_setCoinbase: ['anvil'],
  },
  summary: 'Sets who gets the tips of all blocks from the next on, whichever node makes them.',
  params: [required('address', address, 'Account, 20 bytes.')],
  result: 'True, null under `anvil_`.',
  example: { params: [`0x${'c0'.repeat(20)}`], result: true },
  operation: ([coinbase]) => ({ kind: 'set-coinbase', address: coinbase }),
});

export const setNextBlockBaseFeePerGas = developmentMethods({
  names: {
    hardhat_setNextBlockBaseFeePerGas: ['anvil', 'hardhat'],
    anvil_setNextBlockBaseFeePerGas: ['anvil'],
  },
  summary: 'Sets the base fee of the next block.',
  params: [required('baseFeePerGas', feePerGas, 'Of the next block.')],
  result: 'True, null under `anvil_`.',
  example: { params: ['0x3b9aca00'], result: true },
  operation: ([fee]) => ({ kind: 'set-next-base-fee', fee }),
});

export const setNextBlockPrevRandao = developmentMethods({
  names: {
    hardhat_setPrevRandao: ['hardhat'],
    anvil_setNextBlockPrevRandao: [],
  },
  summary: 'Sets what PREVRANDAO shows in the next block (EIP-4399).',
  params: [required('prevRandao', hash, '32 bytes.')],
  result: 'True, null under `anvil_`.',
  example: { params: [`0x${'01'.repeat(32)}`], result: true },
  operation: ([value]) => ({ kind: 'set-next-prevrandao', value }),
});

export const setMinGasPrice = developmentMethods({
  names: {
    hardhat_setMinGasPrice: ['anvil', 'hardhat'],
    anvil_setMinGasPrice: ['anvil'],
  },
  summary:
    'Refused wherever blocks have a base fee (EIP-1559), as the development nodes refuse it.',
  params: [required('gasPrice', feePerGas, 'Of no meaning.')],
  result: 'An error.',
  example: {
    params: ['0x1'],
    error: { code: -32000, message: 'setMinGasPrice is not supported when EIP-1559 is active' },
  },
  operation: () => {
    throw serverError('setMinGasPrice is not supported when EIP-1559 is active');
  },
});
