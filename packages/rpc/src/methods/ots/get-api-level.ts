import { defineMethod } from '../../method.ts';

/** Of Otterscan's API. */
const LEVEL = 8;

export const otsGetApiLevel = defineMethod({
  name: 'ots_getApiLevel',
  peers: ['anvil'],
  summary: 'Which version of its methods the Otterscan explorer finds here.',
  params: [],
  result: 'Number.',
  errors: [],
  example: { params: [], result: LEVEL },
  handler: () => LEVEL,
});
