/** The state of the crash-fault model as a trace holds it. */
import { z } from 'zod';

const block = z.object({ term: z.int(), payload: z.int() });
/** An entry, as the chain that ends in it. */
const chain = z.array(block);
const lock = z.object({ term: z.int(), chain });
const node = z.object({
  term: z.int(),
  storedTerm: z.int(),
  log: chain,
  binding: chain,
  committed: z.int(),
  following: chain,
  candidate: z.boolean(),
  leading: z.boolean(),
});

export type Chain = z.infer<typeof chain>;
export type ModelNode = z.infer<typeof node>;

const at = z.object({ node: z.int() });

/** What led to a state, as the model records it. */
const move = z.discriminatedUnion('tag', [
  z.object({ tag: z.literal('Begin') }),
  z.object({ tag: z.literal('Promise'), value: at.extend({ term: z.int() }) }),
  z.object({ tag: z.literal('Prove'), value: at.extend({ voters: z.array(z.int()) }) }),
  z.object({ tag: z.literal('Propose'), value: at }),
  z.object({ tag: z.literal('Adopt'), value: at.extend({ start: chain }) }),
  z.object({ tag: z.literal('FetchAnchor'), value: at }),
  z.object({ tag: z.literal('Vote'), value: at.extend({ chain }) }),
  z.object({ tag: z.literal('Acknowledge'), value: at.extend({ chain }) }),
  z.object({ tag: z.literal('Commit'), value: at.extend({ chain }) }),
  z.object({ tag: z.literal('Restart'), value: at }),
  z.object({ tag: z.literal('StepDown'), value: at }),
  z.object({ tag: z.literal('Yield'), value: at }),
]);
export type Move = z.infer<typeof move>;

export const stateSchema = z.object({
  nodes: z.array(z.tuple([z.int(), node])),
  sent: z.object({
    termVotes: z.array(z.object({ voter: z.int(), term: z.int(), lock })),
    votes: z.array(z.object({ voter: z.int(), term: z.int(), chain })),
  }),
  did: move,
});
export type ModelState = z.infer<typeof stateSchema>;
