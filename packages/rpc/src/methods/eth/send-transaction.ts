import { invalidParams, serverError } from '../../errors.ts';
import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import { callParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, POOL_ERRORS } from '../examples.ts';

export const ethSendTransaction = defineMethod({
  name: 'eth_sendTransaction',
  summary:
    'Fills, signs and sends a transaction of a development account, or of one that is impersonated. With instant blocks, answers once it is committed and readable here.',
  params: [callParameter],
  result: 'Hash of the transaction.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: POOL_ERRORS,
  example: {
    params: [{ from: EXAMPLE_ADDRESS, to: EXAMPLE_ADDRESS, value: '0x1' }],
    result: '0x3c96c773534930a98a91bbe5227540a75a3db712aaf3101fae21e1246af2b243',
  },
  startsTogetherInBatch: true,
  handler: ([call], { backend }) => {
    if (call.from === undefined) {
      throw invalidParams("invalid argument 0: 'from' is needed, one of eth_accounts");
    }
    if (call.blobVersionedHashes !== undefined) {
      throw invalidParams(
        'invalid argument 0: blob transactions are signed by the client and sent with eth_sendRawTransaction',
      );
    }
    // Before anything is estimated for it: an estimate would fail for want of funds, and say so instead.
    const { impersonated, impersonatesAll } = backend.reader.development();
    const { addresses } = backend.accounts;
    const isKnown = impersonatesAll || [...addresses, ...impersonated].includes(call.from);
    if (!isKnown) throw serverError('unknown account');
    return backend.transactions.send(toCallRequest(call, backend.reader.chainId));
  },
});
