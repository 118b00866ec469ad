/**
 * Values of the chain, branded so that the compiler keeps them apart. Made by decoders only; trusted inside.
 */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `0x` and an even number of lower-case hexadecimal digits. */
export type Hex = `0x${string}`;
/** 20 bytes, lower case, without checksum. */
export type Address = Branded<Hex, 'Address'>;
/** 32 bytes: a block, transaction, state root or code hash. */
export type Hash = Branded<Hex, 'Hash'>;
/** 256 bytes: a bloom filter of logs (Yellow Paper 4.3.1). */
export type Bloom = Branded<Hex, 'Bloom'>;
/** Amount in wei. */
export type Wei = Branded<bigint, 'Wei'>;
/** Height of a block, counted from 0 at genesis. Never an index of the consensus log. */
export type BlockNumber = Branded<number, 'BlockNumber'>;

/** A block named by its place and its content. */
export interface BlockRef {
  readonly number: BlockNumber;
  readonly hash: Hash;
}
