import { defineMethod, withDefault } from '../../method.ts';
import { LATEST } from '../../parameters/block-selector.ts';
import { accountParameter } from '../../parameters/common.ts';
import { anyBlock } from '../../parameters/plain-number.ts';
import { EXAMPLE_CONTRACT, UNKNOWN_BLOCK } from '../examples.ts';

export const otsHasCode = defineMethod({
  name: 'ots_hasCode',
  peers: ['anvil'],
  summary: 'Whether an account has code after a block.',
  params: [
    accountParameter,
    withDefault('block', anyBlock, LATEST, 'Number, tag or hash; `latest` when absent.'),
  ],
  result: 'Boolean.',
  errors: [UNKNOWN_BLOCK],
  example: { params: [EXAMPLE_CONTRACT, 'latest'], result: true },
  handler: ([account, block], { backend }) => backend.reader.code(account, block) !== '0x',
});
