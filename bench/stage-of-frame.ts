/** Which stage of a transaction's way a function works for: by the file it stands in, and here and there by its name. */
import type { Frame } from './cpu-profile.ts';

/** In the order of a transaction's way. */
export const STAGES = [
  'decode',
  'recover',
  'mempool',
  'gossip',
  'execute',
  'root',
  'encode',
  'propose and vote',
  'sign and verify',
  'persist',
  'transport',
  'index',
  'respond',
  'between threads',
  'collect garbage',
  'other',
] as const;
export type Stage = (typeof STAGES)[number];
/** Not a stage: the thread waits. */
export const IDLE = 'idle';

interface Rule {
  readonly stage: Stage;
  /** In the file's address. */
  readonly file: RegExp;
  readonly functionName?: RegExp;
}

/** The first that fits. What stands in no list takes the stage of whoever called it. */
const RULES: readonly Rule[] = [
  { stage: 'between threads', file: /packages\/node\/dist\/threads\// },
  {
    stage: 'recover',
    file: /chain\/dist\/transaction\/(signature|signing-digest|stated-sender)|node_modules\/secp256k1\//,
  },
  { stage: 'decode', file: /chain\/dist\/transaction\/|chain\/dist\/encoding\// },
  { stage: 'mempool', file: /chain\/dist\/mempool\// },
  { stage: 'gossip', file: /node\/dist\/gossip\// },
  { stage: 'root', file: /chain\/dist\/(trie\/|state\/state-diff)/ },
  { stage: 'encode', file: /chain\/dist\/block\// },
  { stage: 'index', file: /chain\/dist\/(store\/|snapshot\/)/ },
  {
    stage: 'execute',
    file: /chain\/dist\/(execution|state|development)\/|@ethereumjs\/(vm|evm)\//,
  },
  { stage: 'persist', file: /mokka\/dist\/storage\// },
  {
    stage: 'transport',
    file: /mokka\/dist\/transport\/|node:(_tls|tls|net|internal\/stream_base)/,
  },
  {
    stage: 'sign and verify',
    file: /mokka\/dist\/(identity|core\/(signing|verification|certificate-cache))/,
  },
  { stage: 'propose and vote', file: /mokka\/dist\// },
  { stage: 'respond', file: /packages\/rpc\/dist\/|node\/dist\/rpc-thread\// },
];

/** Null: ask the caller. */
export function stageOf({ functionName, url }: Frame): Stage | typeof IDLE | null {
  if (url === '') {
    if (functionName === '(idle)') return IDLE;
    if (functionName === '(garbage collector)') return 'collect garbage';
  }
  if (functionName === 'postMessage') return 'between threads';
  const rule = RULES.find(({ file }) => file.test(url));
  return rule?.stage ?? null;
}
