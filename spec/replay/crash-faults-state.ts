/** The state of the crash-fault model as a trace holds it. */
import { z } from 'zod';

const block = z.object({ term: z.int(), payload: z.int() });
/** An entry, as the chain that ends in it. */
const chain = z.array(block);
const lock = z.object({ term: z.int(), chain });
const certificate = z.object({ term: z.int(), chain });
const proof = z.object({ term: z.int(), anchor: chain, start: chain });
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

export const stateSchema = z.object({
  nodes: z.array(z.tuple([z.int(), node])),
  sent: z.object({
    termVotes: z.array(z.object({ voter: z.int(), term: z.int(), lock })),
    votes: z.array(z.object({ voter: z.int(), term: z.int(), chain })),
  }),
});
export type ModelState = z.infer<typeof stateSchema>;

/** The choices of each step, by the names the model gives them. */
export const stepSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('init') }),
  z.object({ action: z.literal('promise'), promiser: z.int(), promisedTerm: z.int() }),
  z.object({ action: z.literal('prove'), prover: z.int(), provedWith: z.array(z.int()) }),
  z.object({ action: z.literal('propose'), proposer: z.int(), payload: z.int() }),
  z.object({ action: z.literal('adopt'), adopting: z.tuple([z.int(), proof]) }),
  z.object({ action: z.literal('fetchAnchor'), fetcher: z.int() }),
  z.object({ action: z.literal('vote'), voting: z.tuple([z.int(), chain]) }),
  z.object({ action: z.literal('commit'), committing: z.tuple([z.int(), certificate]) }),
  z.object({ action: z.literal('restart'), restarter: z.int() }),
  z.object({ action: z.literal('stepDown'), loser: z.int() }),
  z.object({ action: z.literal('yield'), yielder: z.int() }),
]);
export type ModelStep = z.infer<typeof stepSchema>;
