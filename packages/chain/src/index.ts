export type * from './block/block-data.ts';
export * from './errors.ts';
export type * from './mempool/pool-view.ts';
export type * from './primitives.ts';
export type * from './query/call-executor.ts';
export type * from './query/chain-reader.ts';
export * from './state/state-view.ts';
