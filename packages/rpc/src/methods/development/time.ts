import { required } from '../../method.ts';
import {
  secondsParameter,
  timestamp,
  unixSeconds,
  wholeNumber,
} from '../../parameters/development.ts';
import { developmentMethods } from './development-method.ts';

const timestampParameter = required('timestamp', timestamp, 'Unix time.');

export const increaseTime = developmentMethods({
  names: {
    evm_increaseTime: ['anvil', 'hardhat', 'ganache'],
    anvil_increaseTime: ['anvil'],
  },
  summary: 'Adds seconds to the clock that later blocks take their time from.',
  params: [secondsParameter],
  result: 'Seconds added so far, a number.',
  example: { params: [3600], result: 3600 },
  operation: ([seconds]) => ({ kind: 'increase-time', seconds }),
  answer: (outcome) => outcome,
});

export const setTime = developmentMethods({
  names: {
    evm_setTime: ['anvil', 'ganache'],
    anvil_setTime: ['anvil'],
  },
  summary: 'Sets the clock that later blocks take their time from.',
  params: [
    required(
      'time',
      wholeNumber.meta({ 'x-unit': 'seconds or milliseconds since 1970' }),
      'Unix time in seconds; in milliseconds when above 10^11.',
    ),
  ],
  result: 'Seconds by which the clock is ahead of the real one, a number.',
  example: { params: [1900000000], result: 104559174, varies: 'it depends on the clock' },
  operation: ([time]) => ({ kind: 'set-time', timestamp: unixSeconds(time) }),
  answer: (outcome) => outcome,
});

export const setNextBlockTimestamp = developmentMethods({
  names: {
    evm_setNextBlockTimestamp: ['anvil', 'hardhat'],
    anvil_setNextBlockTimestamp: ['anvil'],
  },
  summary: 'Sets the time of the next block, from where the clock goes on.',
  params: [timestampParameter],
  result: 'Null.',
  example: { params: [1900000000], result: null },
  operation: ([time]) => ({ kind: 'set-next-timestamp', timestamp: time }),
  answer: () => null,
});

export const setBlockTimestampInterval = developmentMethods({
  names: {
    anvil_setBlockTimestampInterval: ['anvil'],
    hardhat_setBlockTimestampInterval: [],
    evm_setBlockTimestampInterval: [],
  },
  summary: 'From now on each block is so many seconds after its parent, whatever the clock says.',
  params: [secondsParameter],
  result: 'Null.',
  example: { params: [12], result: null },
  operation: ([seconds]) => ({ kind: 'set-timestamp-interval', seconds }),
  answer: () => null,
});

export const removeBlockTimestampInterval = developmentMethods({
  names: {
    anvil_removeBlockTimestampInterval: ['anvil'],
    hardhat_removeBlockTimestampInterval: [],
    evm_removeBlockTimestampInterval: [],
  },
  summary: 'Blocks take their time from the clock again.',
  params: [],
  result: 'Whether there was such an interval.',
  example: { params: [], result: false },
  operation: () => ({ kind: 'set-timestamp-interval', seconds: null }),
  answer: (outcome) => outcome,
});
