import { decodeTransaction } from '@praline/chain/reading';
import { defineMethod, required } from '../../method.ts';
import { LATEST } from '../../parameters/block-selector.ts';
import { data } from '../../parameters/hex.ts';
import { present } from '../../parameters/optional-fields.ts';
import {
  formatReplay,
  REPLAY_EXAMPLE,
  REPLAY_RESULT,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { TRACE_ERRORS } from '../examples.ts';

export const traceRawTransaction = defineMethod({
  name: 'trace_rawTransaction',
  summary:
    'Runs a signed transaction on the head without sending it, and traces it as trace_call does.',
  params: [
    required('transaction', data, 'The signed transaction, as for eth_sendRawTransaction.'),
    traceTypesParameter,
  ],
  result: REPLAY_RESULT,
  errors: TRACE_ERRORS,
  example: { params: ['0x02f8', ['trace']], result: REPLAY_EXAMPLE },
  handler: async ([raw, types], { backend }) => {
    const { from, to, gasLimit, value, input, nonce, ...rest } = decodeTransaction(
      Buffer.from(raw.slice(2), 'hex'),
    ).data;
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas, accessList, authorizationList } = rest;
    const fees = maxFeePerGas === undefined ? { gasPrice } : { maxFeePerGas, maxPriorityFeePerGas };
    const request = present({
      ...{ from, to, value, input, nonce, gas: gasLimit, accessList, authorizationList },
      ...fees,
    });
    const calls = [{ request, ...replayOptions(types) }];
    const [replay] = await backend.executor.replayCalls(calls, LATEST);
    return replay === undefined ? null : formatReplay(replay, types);
  },
});
