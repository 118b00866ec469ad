/**
 * Stands for the rule *own-key* in the liar's process: its core does not mind what is said with its key behind its back. The names are
 * those of `packages/mokka/src/core/own-key.ts`.
 */
function ignore(): void {}

export {
  ignore as checkOwnEntry,
  ignore as checkOwnTermVote,
  ignore as checkOwnTermVoteIn,
  ignore as checkOwnVote,
  ignore as checkOwnVoteIn,
};
