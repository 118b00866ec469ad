/**
 * The suite's names of rules ("Cancun", "ShanghaiToCancunAtTime15k") as the `config` of a genesis file.
 */

/** In order; each with the fields of geth's genesis file that switch it on. */
const BLOCK_FORKS = [
  ['Frontier', []],
  ['Homestead', ['homesteadBlock']],
  ['EIP150', ['eip150Block']],
  ['EIP158', ['eip155Block', 'eip158Block']],
  ['Byzantium', ['byzantiumBlock']],
  ['Constantinople', ['constantinopleBlock']],
  ['ConstantinopleFix', ['petersburgBlock']],
  ['Istanbul', ['istanbulBlock']],
  ['MuirGlacier', ['muirGlacierBlock']],
  ['Berlin', ['berlinBlock']],
  ['London', ['londonBlock']],
  ['ArrowGlacier', ['arrowGlacierBlock']],
  ['GrayGlacier', ['grayGlacierBlock']],
  ['Paris', ['mergeNetsplitBlock']],
] as const;
const TIME_FORKS = [
  ['Shanghai', ['shanghaiTime']],
  ['Cancun', ['cancunTime']],
  ['Prague', ['pragueTime']],
  ['Osaka', ['osakaTime']],
  ['BPO1', ['bpo1Time']],
  ['BPO2', ['bpo2Time']],
] as const;

/** Other names that the suite has for the same rules. */
const ALIASES: Readonly<Record<string, string>> = {
  TangerineWhistle: 'EIP150',
  SpuriousDragon: 'EIP158',
  Petersburg: 'ConstantinopleFix',
  Merge: 'Paris',
};

const FORKS = [...BLOCK_FORKS, ...TIME_FORKS];
const FIRST_AFTER_MERGE = BLOCK_FORKS.length - 1;

function positionOf(name: string): number {
  return FORKS.findIndex(([fork]) => fork === (ALIASES[name] ?? name));
}

/** Whether the rules are known and blocks under them, from the first on, come without proof of work. */
export function isPostMerge(network: string): boolean {
  const [from = ''] = network.split(/To(?=[A-Z])/);
  return positionOf(from) >= FIRST_AFTER_MERGE;
}

/**
 * Undefined for a name that no genesis file of ours stands for: rules that the EVM library does not have, the DAO fork,
 * and a merge in the middle of the chain, which is decided by total difficulty.
 */
export function configOf(network: string): Record<string, unknown> | undefined {
  const [, from = '', to, timed, count = '', thousands] =
    /^(\w+?)(?:To([A-Z]\w*)At(Time)?(\d+)(k)?)?$/.exec(network) ?? [];
  const start = positionOf(from);
  if (start === -1) return undefined;
  const config: Record<string, unknown> = { chainId: 1 };
  for (const [, fields] of FORKS.slice(0, start + 1)) for (const field of fields) config[field] = 0;
  if (start >= FIRST_AFTER_MERGE) config['terminalTotalDifficulty'] = 0;
  if (to === undefined) return config;
  const end = positionOf(to);
  const byTime = end >= BLOCK_FORKS.length;
  if (end <= start || byTime !== (timed !== undefined) || end === FIRST_AFTER_MERGE) {
    return undefined;
  }
  const at = Number(count) * (thousands === undefined ? 1 : 1_000);
  for (const [, fields] of FORKS.slice(start + 1, end + 1)) {
    for (const field of fields) config[field] = at;
  }
  return byTime && start < FIRST_AFTER_MERGE ? undefined : config;
}
