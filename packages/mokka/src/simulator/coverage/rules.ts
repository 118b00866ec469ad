/**
 * What a run can show of each rule of the protocol, and how many times it did.
 *
 * Names begin with the rule's name. `modes` and `nodes` say where a rule can fire at all, so that one that never fired can be
 * told from one that could not.
 */
import type { CrashModel } from '../../core/types.ts';

export interface RuleReach {
  readonly modes: readonly CrashModel[];
  /** Fewest validators with which it can happen. */
  readonly nodes: number;
  /** Crash faults only: in clusters of an even size, where f+1 is less than a quorum. */
  readonly even?: true;
  /** Once in many seeds: held by directed tests in `core/`. */
  readonly rare?: true;
  /** With one validator only. */
  readonly alone?: true;
}

const everywhere: RuleReach = { modes: ['CFT', 'BFT'], nodes: 2 };
const alone: RuleReach = { modes: ['CFT', 'BFT'], nodes: 1 };
const three: RuleReach = { modes: ['CFT', 'BFT'], nodes: 3 };

const liars: RuleReach = { modes: ['BFT'], nodes: 4 };
/** Where two machines hold one key. */
const twins: RuleReach = { modes: ['BFT'], nodes: 4 };
/** Shows without liars, too. */
const changedByMany: RuleReach = { modes: ['BFT'], nodes: 4 };

const RULES = {
  'pre-vote: sent': everywhere,
  'pre-vote: relayed': three,
  'pre-vote: withdrawn': three,
  'pre-vote: stale one ignored': everywhere,
  'promise: by a quorum': everywhere,
  'promise: by f+1 term votes': { modes: ['CFT', 'BFT'], nodes: 4, even: true, rare: true },
  'promise: by a hand-over': everywhere,
  'promise: by a proof': three,
  'promise: by a certificate of a later term': three,
  'promise: term vote relayed': three,
  'promise: stale term vote refused': three,
  'promise: stale proposal refused': three,
  'promise: stale heartbeat refused': three,
  'lock: reported above the root': everywhere,
  'proof: term started': alone,
  'proof: anchor fetched by the candidate': three,
  'proof: anchor fetched by a follower': three,
  'proof: bound to a term-start': alone,
  'proof: conflicting tail dropped': three,
  'proof: application rolled back': three,
  'proof: term-start sent again': everywhere,
  'yield: term given up': three,
  'vote: cast': alone,
  'vote: repeated': everywhere,
  'vote: for another chain not counted': three,
  'vote: payload refused': everywhere,
  'commit: by own certificate': alone,
  'commit: by a certificate received': everywhere,
  'commit: of entries of earlier terms': everywhere,
  'commit: certificate of a term below the own': everywhere,
  'durability: sent again after a restart': everywhere,
  'durability: lost store refused': three,
  'durability: stopped by a failed write': everywhere,
  'signed: outsider not heard': alone,
  'signed: forged statement refused': liars,
  'proof: false one refused': liars,
  'proof: second term-start of a term refused': { ...liars, rare: true },
  'lock: without a certificate refused': liars,
  'lock: reported with its certificate': liars,
  'commit: false certificate refused': liars,
  'vote: prepared': liars,
  'vote: prepare certificate sent': liars,
  'vote: committed on a prepare certificate': liars,
  'vote: second proposal for a place refused': { ...liars, rare: true },
  'evidence: found': liars,
  'evidence: passed on': liars,
  'evidence: false one refused': liars,
  'own-key: twins vote for two entries': { ...twins, rare: true },
  'own-key: twins report two locks': twins,
  'own-key: twins propose two entries': twins,
  'own-key: twin stopped by the other': twins,
  'progress: leader complained of': liars,
  'catch-up: asked': everywhere,
  'catch-up: served': everywhere,
  'step-down: without a quorum': everywhere,
  'expiry: handed over in time': everywhere,
  'expiry: handed over when asked': everywhere,
  'progress: a heard leader not enough': everywhere,
  'timeouts: leader missed': everywhere,
  'membership: request passed to the leader': everywhere,
  'membership: request refused': everywhere,
  'membership: too few operators agree': changedByMany,
  'membership: readiness shown': everywhere,
  'membership: change proposed': everywhere,
  'membership: unapproved change not voted for': { ...changedByMany, rare: true },
  'membership: certified again in place': everywhere,
  'membership: epoch begun': everywhere,
  'membership: observer added': everywhere,
  'membership: observer promoted': everywhere,
  'membership: validator removed or demoted': everywhere,
  'membership: leader removed or demoted': everywhere,
  'membership: shown how an epoch ended': everywhere,
  'membership: statement of another epoch not counted': everywhere,
  'snapshot: entries pruned': three,
  'snapshot: pruned entries asked for': three,
  'snapshot: asked for': three,
  'snapshot: none to give': three,
  'snapshot: offered': three,
  'snapshot: offered across epochs': three,
  'snapshot: chunk given': three,
  'snapshot: chunk not kept': three,
  'snapshot: chunk asked of another': three,
  'snapshot: fetch resumed': three,
  'snapshot: given up': { ...three, rare: true },
  'snapshot: recorded before it is the state': three,
  'snapshot: installed': three,
  'snapshot: given up at a start': three,
  'snapshot: completed at a start': three,
  'snapshot: false offer refused': liars,
  'snapshot: false chunk refused': liars,
  'snapshot: did not come in time': { ...liars, rare: true },
  'single: one validator commits': { modes: ['CFT', 'BFT'], nodes: 1, alone: true },
} as const satisfies Readonly<Record<string, RuleReach>>;

export type Rule = keyof typeof RULES;
export type RuleCounts = Record<Rule, number>;

export const ruleNames = Object.keys(RULES) as readonly Rule[];

export function noRules(): RuleCounts {
  return Object.fromEntries(ruleNames.map((rule) => [rule, 0])) as RuleCounts;
}

/** Fires in clusters with liars only. */
export function isAgainstLiars(rule: Rule): boolean {
  const reach: RuleReach = RULES[rule];
  return !reach.modes.includes('CFT');
}

export function isRare(rule: Rule): boolean {
  const reach: RuleReach = RULES[rule];
  return reach.rare === true;
}

/** Rules that could have fired in such clusters and did not. */
export function missingRules(
  counts: RuleCounts,
  mode: CrashModel,
  nodes: readonly number[],
): readonly Rule[] {
  return ruleNames.filter((rule) => {
    if (counts[rule] > 0) return false;
    const { modes, nodes: least, even, alone: isAlone }: RuleReach = RULES[rule];
    if (!modes.includes(mode)) return false;
    if (isAlone) return nodes.includes(1);
    const isEven = (size: number): boolean => even !== true || mode === 'BFT' || size % 2 === 0;
    return nodes.some((size) => size >= least && isEven(size));
  });
}
