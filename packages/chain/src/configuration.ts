/**
 * Entry `@praline/chain/configuration`: what a thread needs that touches no block. It loads no Ethereum library, which
 * is most of the time a process takes to start.
 */
export { ChainError } from './errors.ts';
export { DEV_FORKS } from './genesis/dev-forks.ts';
export { readGenesisConfiguration } from './genesis/genesis-configuration.ts';
export { addressOf, bytesOf, hashOf, hexOf, slotOf } from './primitives.ts';
