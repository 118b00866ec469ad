/** The state of the model for Byzantine faults as a trace holds it. */
import { z } from 'zod';

const block = z.object({ term: z.int(), payload: z.int() });
/** An entry, as the chain that ends in it. */
const chain = z.array(block);
const lock = z.object({ term: z.int(), chain });
const node = z.object({
  term: z.int(),
  storedTerm: z.int(),
  log: chain,
  lock,
  storedLock: lock,
  binding: chain,
  committed: z.int(),
  following: chain,
  candidate: z.boolean(),
  leading: z.boolean(),
});

export type Chain = z.infer<typeof chain>;
export type ModelLock = z.infer<typeof lock>;
export type ModelNode = z.infer<typeof node>;

const at = z.object({ node: z.int() });
const voters = z.array(z.int());

/** What led to a state, as the model records it. */
const move = z.discriminatedUnion('tag', [
  z.object({ tag: z.literal('Begin') }),
  z.object({ tag: z.literal('Promise'), value: at.extend({ term: z.int() }) }),
  z.object({ tag: z.literal('Prove'), value: at.extend({ voters, lied: lock }) }),
  z.object({ tag: z.literal('LieProof'), value: z.object({ start: chain, voters, lied: lock }) }),
  z.object({ tag: z.literal('LieProposal'), value: z.object({ chain }) }),
  z.object({ tag: z.literal('Propose'), value: at }),
  z.object({ tag: z.literal('Adopt'), value: at.extend({ start: chain }) }),
  z.object({ tag: z.literal('FetchAnchor'), value: at }),
  z.object({ tag: z.literal('Prepare'), value: at.extend({ chain }) }),
  z.object({
    tag: z.literal('CommitTo'),
    value: at.extend({ certified: chain, term: z.int(), chain }),
  }),
  z.object({ tag: z.literal('Commit'), value: at.extend({ term: z.int(), chain }) }),
  z.object({ tag: z.literal('Restart'), value: at }),
]);
export type Move = z.infer<typeof move>;

const castVote = z.object({ voter: z.int(), term: z.int(), chain });
export type ModelVote = z.infer<typeof castVote>;

export const stateSchema = z.object({
  nodes: z.array(z.tuple([z.int(), node])),
  liars: z.array(z.int()),
  sent: z.object({
    termVotes: z.array(z.object({ voter: z.int(), term: z.int(), lock })),
    prepares: z.array(castVote),
    commits: z.array(castVote),
  }),
  did: move,
});
export type ModelState = z.infer<typeof stateSchema>;

export const keyOf = (chain: Chain): string =>
  chain.map(({ term, payload }) => `/${term}${payload === 0 ? '' : `:${payload}`}`).join('');
export const parentOf = (chain: Chain): Chain => chain.slice(0, -1);
export const termOf = (chain: Chain): number => chain.at(-1)?.term ?? 0;

/** One line that says what happened. */
export function describe(move: Move): string {
  if (move.tag === 'Begin') return move.tag;
  const details = Object.entries(move.value).map(([name, value]) => `${name} ${show(value)}`);
  return [move.tag, ...details].join(' ');
}

function show(value: number | readonly number[] | Chain | ModelLock): string {
  if (typeof value === 'number') return String(value);
  if ('chain' in value) return `(${value.term}, ${keyOf(value.chain)})`;
  const blocks = chain.safeParse(value);
  return blocks.success ? keyOf(blocks.data) : String(value);
}
