/** Carries a change of the members through to its end: proposes it, repeats what may be repeated, waits until it is in force. */
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import { type AskedNode, RefusedError } from '../rpc-client/ask-node.ts';
import {
  type Change,
  type MemberOfNetwork,
  type Members,
  memberOf,
  type Proposal,
  proposeChange,
  readCommitIndex,
  readMembers,
} from './members.ts';

/** Milliseconds between two looks at a network that is to change. */
const LOOK_INTERVAL_MS = 250;
/** Entries a newcomer may lack when it is made a validator; what is left it gets meanwhile. */
const CAUGHT_UP_LAG = 16;
/** Refusals after which the same is proposed again. */
const REPEATED = new Set(['not-ready', 'change-under-way', 'timed-out', 'superseded']);

export type ChangeStep =
  /** Byzantine: asked for on the validators at these addresses, and to be asked for on more. */
  | { readonly step: 'approved'; readonly proposal: Proposal; readonly urls: readonly string[] }
  /** Refused for now; the same is proposed again. */
  | { readonly step: 'waiting'; readonly reason: string }
  | {
      readonly step: 'added' | 'promoted' | 'replaced' | 'removed' | 'demoted';
      readonly epoch: number;
    }
  /** The newcomer's entries of those there are; null before it tells. */
  | { readonly step: 'catching-up'; readonly applied: number | null; readonly committed: number };

export interface ChangeOptions {
  /** The first is asked, a change is proposed on all. */
  readonly nodes: readonly [AskedNode, ...AskedNode[]];
  /** Milliseconds for the whole command. */
  readonly timeoutMs: number;
  readonly onStep: (step: ChangeStep) => void;
}

interface Run extends ChangeOptions {
  readonly until: number;
}

/** Adds an observer and, unless it is to stay one, makes it a validator once it has caught up. */
export async function addMember(
  member: { readonly publicKey: string; readonly address: string },
  { asObserver, ...options }: ChangeOptions & { readonly asObserver: boolean },
): Promise<Members> {
  const run = begin(options);
  const { publicKey } = member;
  const isThere = (members: Members) => memberOf(members, publicKey) !== null;
  let members = await readMembers(run.nodes[0]);
  if (!isThere(members)) {
    members = await carryThrough(run, { action: 'add', ...member }, 'added', isThere);
  }
  if (asObserver) {
    return members;
  }
  const isValidator = (found: Members) => memberOf(found, publicKey)?.role === 'validator';
  if (isValidator(members)) {
    return members;
  }
  await catchUp(run, publicKey);
  return await carryThrough(run, { action: 'promote', publicKey }, 'promoted', isValidator);
}

export async function removeMember(publicKey: string, options: ChangeOptions): Promise<Members> {
  const run = begin(options);
  await requireMember(run, publicKey);
  const isGone = (members: Members) => memberOf(members, publicKey) === null;
  return await carryThrough(run, { action: 'remove', publicKey }, 'removed', isGone);
}

export async function demoteMember(publicKey: string, options: ChangeOptions): Promise<Members> {
  const run = begin(options);
  await requireMember(run, publicKey);
  const isObserver = (members: Members) => memberOf(members, publicKey)?.role === 'observer';
  return await carryThrough(run, { action: 'demote', publicKey }, 'demoted', isObserver);
}

/** A newcomer takes the place of a validator in one step: the number of validators never changes. */
export async function replaceMember(
  publicKey: string,
  by: { readonly publicKey: string; readonly address: string },
  options: ChangeOptions,
): Promise<Members> {
  const run = begin(options);
  const before = await readMembers(run.nodes[0]);
  if (
    memberOf(before, publicKey) === null &&
    memberOf(before, by.publicKey)?.role === 'validator'
  ) {
    return before;
  }
  await requireMember(run, publicKey);
  await addMember(by, { ...options, asObserver: true });
  await catchUp(run, by.publicKey);
  const change = { action: 'replace', publicKey, by: by.publicKey } as const;
  return await carryThrough(run, change, 'replaced', (members) => {
    return (
      memberOf(members, publicKey) === null && memberOf(members, by.publicKey)?.role === 'validator'
    );
  });
}

function begin(options: ChangeOptions): Run {
  return { ...options, until: performance.now() + options.timeoutMs };
}

async function requireMember({ nodes }: Run, publicKey: string): Promise<MemberOfNetwork> {
  const member = memberOf(await readMembers(nodes[0]), publicKey);
  if (member === null) {
    throw new CommandError(
      EXIT_CODES.failure,
      `${publicKey} is no member of the network. See them with "praline validators list".`,
    );
  }
  return member;
}

/** Proposes on all addresses until the change is in force. */
async function carryThrough(
  run: Run,
  change: Change,
  step: 'added' | 'promoted' | 'replaced' | 'removed' | 'demoted',
  isDone: (members: Members) => boolean,
): Promise<Members> {
  const told = new Set<string>();
  const tell = (key: string, what: ChangeStep) => {
    if (!told.has(key)) run.onStep(what);
    told.add(key);
  };
  let invalidAnswers = 0;
  for (;;) {
    const outcomes = await Promise.all(run.nodes.map((node) => attempt(node, change)));
    const views = await readViews(run);
    const newest = newestOf(views);
    if (newest !== null && isDone(newest)) {
      run.onStep({ step, epoch: newest.epoch });
      return newest;
    }
    const approvals = outcomes.filter(isApproval);
    const [approval] = approvals;
    if (approval !== undefined) {
      const urls = approvals.map(({ url }) => url);
      tell(`approved ${urls.join(' ')}`, { step: 'approved', proposal: approval.outcome, urls });
    }
    // A node that is an epoch behind knows no better.
    const present = outcomes.filter(({ url }) => views.get(url)?.epoch === newest?.epoch);
    const refusal = standingRefusal(present);
    const isInvalid = refusal?.reason === 'invalid-change';
    invalidAnswers = isInvalid ? invalidAnswers + 1 : 0;
    // It may have come to the present epoch between the two questions: then it answers otherwise the next time.
    const isRepeated = isInvalid ? invalidAnswers < 2 : REPEATED.has(refusal?.reason ?? '');
    if (refusal !== undefined && !isRepeated) {
      throw refusal;
    }
    if (refusal !== undefined && !isInvalid) {
      tell(refusal.message, { step: 'waiting', reason: refusal.message });
    }
    await pauseOrEnd(run, () => refusal?.message ?? tooLate(approvals.length));
  }
}

interface Outcome<Result = Proposal | RefusedError> {
  readonly url: string;
  readonly outcome: Result;
}

async function attempt(node: AskedNode, change: Change): Promise<Outcome> {
  const { url } = node;
  try {
    return { url, outcome: await proposeChange(node, change) };
  } catch (error) {
    if (error instanceof RefusedError) return { url, outcome: error };
    throw error;
  }
}

function isApproval(one: Outcome): one is Outcome<Proposal> {
  return !(one.outcome instanceof RefusedError) && one.outcome.state === 'approved';
}

/** Byzantine: that the word of one node does not count does not matter as long as that of another does. */
function standingRefusal(outcomes: readonly Outcome[]): RefusedError | undefined {
  const refusals = outcomes.flatMap(({ outcome }) =>
    outcome instanceof RefusedError ? [outcome] : [],
  );
  const isElsewhere = refusals.length < outcomes.length;
  return refusals.find(({ reason }) => !(isElsewhere && reason === 'not-approved'));
}

function tooLate(approvals: number): string {
  return approvals === 0
    ? 'The change was not committed in time; it may still be. See "praline validators list".'
    : 'Too few operators proposed the same change in time. The nodes that were told go on asking for it for some minutes, so it is made if enough others follow. See "praline validators list".';
}

/** The members by the address that tells them; addresses where no node answers are left out. */
async function readViews({ nodes }: Run): Promise<ReadonlyMap<string, Members>> {
  const answers = await Promise.all(
    nodes.map(async (node) => [node.url, await readMembers(node).catch(() => null)] as const),
  );
  return new Map(
    answers.flatMap(([url, members]) => (members === null ? [] : [[url, members] as const])),
  );
}

/** Of the latest epoch: a node that was removed may not have heard of it. */
function newestOf(views: ReadonlyMap<string, Members>): Members | null {
  return [...views.values()].reduce<Members | null>(
    (newest, one) => (newest === null || one.epoch > newest.epoch ? one : newest),
    null,
  );
}

/** Waits until a newcomer has the entries that there are. */
async function catchUp(run: Run, publicKey: string): Promise<void> {
  const [node] = run.nodes;
  let last = '';
  for (;;) {
    const [members, committed] = await Promise.all([readMembers(node), readCommitIndex(node)]);
    const member = memberOf(members, publicKey);
    const applied = member?.appliedIndex ?? null;
    const shown = `${applied}/${committed}`;
    if (shown !== last) {
      last = shown;
      run.onStep({ step: 'catching-up', applied, committed });
    }
    if (member?.connected === true && applied !== null && applied + CAUGHT_UP_LAG >= committed) {
      return;
    }
    await pauseOrEnd(run, () =>
      member?.connected === true
        ? `The new node has ${applied ?? 'none'} of ${committed} entries. It stays an observer; run the same command again to go on.`
        : `The members have no link to the new node at ${member?.address ?? 'its address'}. Is it started, and can they reach it there? It stays an observer; run the same command again to go on.`,
    );
  }
}

async function pauseOrEnd({ until }: Run, why: () => string): Promise<void> {
  if (performance.now() >= until) {
    throw new CommandError(EXIT_CODES.unreachable, why());
  }
  await pause(LOOK_INTERVAL_MS);
}
