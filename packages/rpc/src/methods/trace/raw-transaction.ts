import { decodeTransaction } from '@praline/chain/reading';
import { defineMethod, required } from '../../method.ts';
import { LATEST } from '../../parameters/block-selector.ts';
import { data } from '../../parameters/hex.ts';
import { present } from '../../parameters/optional-fields.ts';
import {
  formatReplay,
  REPLAY_RESULT,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_OTHER, EXAMPLE_RAW, TRACE_ERRORS } from '../examples.ts';

export const traceRawTransaction = defineMethod({
  name: 'trace_rawTransaction',
  peers: ['besu'],
  summary:
    'Runs a signed transaction on the head without sending it, and traces it as trace_call does.',
  params: [
    required('transaction', data, 'The signed transaction, as for eth_sendRawTransaction.'),
    traceTypesParameter,
  ],
  result: REPLAY_RESULT,
  errors: TRACE_ERRORS,
  example: {
    params: [EXAMPLE_RAW, ['trace']],
    result: {
      output: '0x',
      stateDiff: null,
      trace: [
        {
          action: {
            callType: 'call',
            from: EXAMPLE_ADDRESS,
            gas: '0x0',
            input: '0x',
            to: EXAMPLE_OTHER,
            value: '0x1',
          },
          result: { gasUsed: '0x0', output: '0x' },
          subtraces: 0,
          traceAddress: [],
          type: 'call',
        },
      ],
      vmTrace: null,
    },
  },
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
