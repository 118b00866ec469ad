/**
 * A walk over the trees of an LMDB data file (lmdb 3.5, format 2), before the native library maps it.
 *
 * The library believes every offset and page number it reads: a damaged one ends the process by a signal, or leads to
 * another page. So each page of a tree is looked at here: that it is the page it should be, no newer than the last commit,
 * reached once, that its nodes lie within it, and that its keys ascend between those of its parent. Values are not looked
 * at; they carry checksums of their own. The upper levels come first, and after `PAGES_MAX` pages the walk ends.
 */

/** Pages that are looked at, of 4 KiB: one gigabyte, some seconds. */
const PAGES_MAX = 262_144;
/** Offsets of fields of a page's header. */
const NUMBER_AT = 0;
const TRANSACTION_AT = 8;
const FLAGS_AT = 18;
const LOWER_AT = 20;
const UPPER_AT = 22;
/** Length of the header; offsets within a page count from its end. */
const HEADER_BYTES = 24;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
/** Bits of a page's kind and of a layout that is not used here; others are only set in memory. */
const KIND_MASK = 0x6f;
/** Of a node: its length or child in two parts, flags, length of the key. */
const NODE_BYTES = 8;
const BIG_VALUE = 1;
const SUB_TREE = 2;
/** A record of a tree: its root comes last. */
const TREE_BYTES = 48;
const TREE_ROOT_AT = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
/** Page number, transaction, and count of pages of a value that has pages of its own. */
const BIG_VALUE_BYTES = 24;

export interface LmdbTreeOptions {
  readonly pageSize: number;
  readonly lastPage: number;
  /** Number of the last commit. */
  readonly transaction: bigint;
  readonly freeRoot: bigint;
  readonly mainRoot: bigint;
  readonly readPage: (number: number) => Buffer;
}

/** A page to look at, with the keys that its own lie between. */
interface Visit {
  readonly number: bigint;
  /** Keys of the library's own tree of free pages are integers, in no order of bytes. */
  readonly isFree: boolean;
  readonly from: Buffer | undefined;
  readonly to: Buffer | undefined;
}

/** What is wrong with the first damaged page; undefined when nothing is. */
export function findTreeDamage(options: LmdbTreeOptions): string | undefined {
  const walk = new TreeWalk(options);
  try {
    walk.run();
    return undefined;
  } catch (error) {
    if (error instanceof PageDamage) return error.message;
    throw error;
  }
}

class PageDamage extends Error {}

class TreeWalk {
  readonly #options: LmdbTreeOptions;
  readonly #seen = new Set<number>([0, 1]);
  #waiting: Visit[];

  constructor(options: LmdbTreeOptions) {
    this.#options = options;
    const { freeRoot, mainRoot } = options;
    this.#waiting = [
      { number: freeRoot, isFree: true, from: undefined, to: undefined },
      { number: mainRoot, isFree: false, from: undefined, to: undefined },
    ].filter(({ number }) => number !== NO_PAGE);
  }

  /** Level by level. */
  run(): void {
    while (this.#waiting.length > 0) {
      const level = this.#waiting;
      this.#waiting = [];
      for (const visit of level) {
        if (this.#seen.size >= PAGES_MAX) return;
        this.#visit(visit);
      }
    }
  }

  #visit(visit: Visit): void {
    const number = this.#enter(visit.number, 1);
    const { pageSize, readPage } = this.#options;
    const page = readPage(number);
    const kind = page.readUInt16LE(FLAGS_AT) & KIND_MASK;
    if (kind !== BRANCH && kind !== LEAF) throw new PageDamage(`page ${number} is of no tree`);
    this.#checkHeader(page, number);
    const lower = page.readUInt16LE(LOWER_AT);
    const upper = page.readUInt16LE(UPPER_AT);
    if (lower % 2 !== 0 || lower > upper || upper + HEADER_BYTES > pageSize) {
      throw new PageDamage(`page ${number} has impossible bounds`);
    }
    const nodes = Array.from({ length: lower / 2 }, (_, index) => {
      const at = page.readUInt16LE(HEADER_BYTES + 2 * index) + HEADER_BYTES;
      return nodeAt(page, number, at, upper + HEADER_BYTES, kind === LEAF);
    });
    this.#checkKeys(visit, number, nodes, kind === BRANCH);
    for (const [index, node] of nodes.entries()) {
      if (kind === BRANCH) {
        this.#waiting.push({
          number: node.child,
          isFree: visit.isFree,
          from: index === 0 ? visit.from : node.key,
          to: nodes[index + 1]?.key ?? visit.to,
        });
      } else this.#follow(node, number);
    }
  }

  #checkHeader(page: Buffer, number: number): void {
    if (page.readBigUInt64LE(NUMBER_AT) !== BigInt(number)) {
      throw new PageDamage(`page ${number} is another one`);
    }
    if (page.readBigUInt64LE(TRANSACTION_AT) > this.#options.transaction) {
      throw new PageDamage(`page ${number} is newer than the last commit`);
    }
  }

  /** The first node of a branch has no key. */
  #checkKeys(
    { isFree, from, to }: Visit,
    number: number,
    nodes: readonly Node[],
    isBranch: boolean,
  ) {
    if (isFree) return;
    let before = from;
    for (const [index, { key }] of nodes.entries()) {
      if (isBranch && index === 0) continue;
      const order = before === undefined ? 1 : Buffer.compare(key, before);
      if (order < 0 || (order === 0 && index > (isBranch ? 1 : 0))) {
        throw new PageDamage(`page ${number} has keys out of order`);
      }
      before = key;
    }
    if (to !== undefined && before !== undefined && Buffer.compare(before, to) >= 0) {
      throw new PageDamage(`page ${number} has keys of another page`);
    }
  }

  /** What a leaf's node leads to: a tree, or a value on pages of its own. */
  #follow(node: Node, number: number): void {
    if ((node.flags & SUB_TREE) !== 0) {
      if (node.value.length !== TREE_BYTES) throw new PageDamage(`page ${number} names no tree`);
      const root = node.value.readBigUInt64LE(TREE_ROOT_AT);
      if (root === NO_PAGE) return;
      this.#waiting.push({ number: root, isFree: false, from: undefined, to: undefined });
    }
    if ((node.flags & BIG_VALUE) === 0) return;
    const count = node.value.readBigUInt64LE(16);
    const first = this.#enter(node.value.readBigUInt64LE(0), Number(count));
    const page = this.#options.readPage(first);
    this.#checkHeader(page, first);
    const pages = BigInt(page.readUInt32LE(LOWER_AT));
    if ((page.readUInt16LE(FLAGS_AT) & KIND_MASK) !== OVERFLOW || pages !== count) {
      throw new PageDamage(`page ${first} begins no value`);
    }
    if (HEADER_BYTES + node.length > Number(count) * this.#options.pageSize) {
      throw new PageDamage(`page ${first} begins a longer value`);
    }
  }

  /** Marks `count` pages from here as reached. */
  #enter(number: bigint, count: number): number {
    const { lastPage } = this.#options;
    if (number > BigInt(lastPage) || count < 1 || Number(number) + count - 1 > lastPage) {
      throw new PageDamage(`a page ${number} does not exist`);
    }
    const first = Number(number);
    for (let page = first; page < first + count; page += 1) {
      if (this.#seen.has(page)) throw new PageDamage(`page ${page} is reached twice`);
      this.#seen.add(page);
    }
    return first;
  }
}

interface Node {
  readonly flags: number;
  readonly key: Buffer;
  /** What lies in the page: the value, or where it is. */
  readonly value: Buffer;
  /** Of the value, wherever it is. */
  readonly length: number;
  /** Of a branch: the page below. */
  readonly child: bigint;
}

function nodeAt(page: Buffer, number: number, at: number, start: number, isLeaf: boolean): Node {
  const outside = () => new PageDamage(`page ${number} has a node outside of it`);
  if (at < start || at + NODE_BYTES > page.length) throw outside();
  const low = page.readUInt32LE(at);
  const flags = page.readUInt16LE(at + 4);
  const keyEnd = at + NODE_BYTES + page.readUInt16LE(at + 6);
  if (isLeaf && (flags & ~(BIG_VALUE | SUB_TREE)) !== 0) {
    throw new PageDamage(`page ${number} has a node of an unknown kind`);
  }
  const inPage = !isLeaf ? 0 : (flags & BIG_VALUE) === 0 ? low : BIG_VALUE_BYTES;
  if (keyEnd + inPage > page.length) throw outside();
  return {
    flags,
    key: page.subarray(at + NODE_BYTES, keyEnd),
    value: page.subarray(keyEnd, keyEnd + inPage),
    length: low,
    child: (BigInt(flags) << 32n) | BigInt(low),
  };
}
