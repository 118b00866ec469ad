/**
 * What one seed means: the cluster, how bad its network, disks, clocks and applications are, and which faults strike.
 *
 * Rates are drawn from the seed too, and every kind of fault is switched on or off for itself, so that some seeds are calm,
 * some suffer from one thing only and some from everything at once.
 */
import { DEFAULT_LIMITS, type Limits, type Timing } from '../core/options.ts';
import type { Retention } from '../core/pruning.ts';
import type { CrashModel } from '../core/types.ts';
import { HABITS, type Habit, SNAPSHOT_HABITS } from './byzantine/habits.ts';
import { Random } from './world/random.ts';

/** All times in virtual milliseconds, all rates as probabilities unless a comment says otherwise. */
export interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  readonly crashModel: CrashModel;
  /** BFT only: nodes that do not keep to the protocol, f at most. */
  readonly liars: readonly LiarSettings[];
  /** BFT only: nodes whose key a second machine holds as well. With the liars f at most. */
  readonly twins: readonly number[];
  /** Somebody who is no validator lies to everyone. */
  readonly outsider: boolean;
  /** Nodes that suffice to go on. */
  readonly quorum: number;
  readonly timing: Timing;
  readonly limits: Limits;
  readonly snapshots: SnapshotConditions;
  /** How long faults strike before the cluster is healed. */
  readonly breakFor: number;
  readonly network: NetworkConditions;
  readonly disk: DiskConditions;
  readonly application: ApplicationConditions;
  readonly clocks: ClockConditions;
  readonly faults: FaultIntervals;
  readonly membership: MembershipConditions;
  /** Mean time between two commands of the client. */
  readonly commandInterval: number;
}

/** Whether nodes take snapshots of each other, and what they keep of their logs. */
export interface SnapshotConditions {
  readonly enabled: boolean;
  readonly retention: Retention;
  /** A node that is away until the others have pruned what it lacks. */
  readonly absence: Absence | null;
  /** Chance, per step of taking a snapshot, that the node dies just then. */
  readonly interruption: number;
}

export interface Absence {
  readonly node: number;
  /** It is switched off, or runs and reaches nobody. */
  readonly how: 'down' | 'cut-off';
  readonly from: number;
  readonly to: number;
}

export interface LiarSettings {
  readonly node: number;
  readonly habits: readonly Habit[];
  /** Chance per step of a lie that nothing asked for. */
  readonly eagerness: number;
}

export interface NetworkConditions {
  readonly minDelay: number;
  /** Mean of the exponential part of the delay, above the least delay. */
  readonly meanDelay: number;
  readonly loss: number;
  /** Share of messages that may overtake earlier ones and take up to ten times as long. */
  readonly reordering: number;
  readonly duplication: number;
  /** Chance, per message sent, that some old message of the run is delivered again. */
  readonly replay: number;
  /** Whether every message passes through the wire encoding. */
  readonly codec: boolean;
}

export interface DiskConditions {
  /** Mean time until a write is synced. */
  readonly meanSync: number;
  /** Factor on `meanSync` for the slow disks. */
  readonly slowFactor: number;
  readonly slowDisks: number;
}

export interface ApplicationConditions {
  readonly meanAnswer: number;
  readonly slowFactor: number;
  readonly slowApplications: number;
  /** Share of proposals that a node's application refuses although they are right. */
  readonly refusal: number;
}

export interface ClockConditions {
  /** Largest error of the rate of a monotonic clock: 0.05 is five per cent. */
  readonly drift: number;
  /** Largest initial error of the unix time. */
  readonly skew: number;
}

export interface MembershipConditions {
  /** Nodes outside of genesis, which run from the start. */
  readonly strangers: number;
  /** Mean time between two requests of operators; 0 for members that never change. */
  readonly interval: number;
  /** Nobody outside of genesis is added before, and everybody soon afterwards; 0 where that is left to chance. */
  readonly newcomersFrom: number;
}

/** Mean times between two faults of a kind; 0 where that kind does not strike. */
export interface FaultIntervals {
  readonly crash: number;
  /** Crash of every node at the same instant. */
  readonly blackout: number;
  /** Chance per step that the node dies between two effects of it. */
  readonly crashInStep: number;
  /** Mean time a crashed node stays down. */
  readonly downtime: number;
  readonly partition: number;
  /** Mean duration of a partition. */
  readonly partitionFor: number;
  readonly disconnect: number;
  readonly pause: number;
  readonly pauseFor: number;
  readonly slowdown: number;
  /** One direction of a link becomes slow. */
  readonly slowLink: number;
  readonly clockJump: number;
  /** A disk is full for a while. */
  readonly diskFull: number;
  /** A bit of a stored value flips while the node is down. */
  readonly diskDamage: number;
  /** A node's disk is replaced by an empty one. */
  readonly diskWipe: number;
  readonly transfer: number;
}

/** Share of seeds in which operators change the members. */
const CHANGING = 0.35;

/** Share of seeds in which leadership changes all the time, with many proposals in flight. */
const TURBULENT = 0.15;

/** Share of seeds, among those where it is possible, in which somebody is away for long. */
const ABSENT = 0.4;

/** Likewise, in which nodes outside of genesis come late. */
const LATE = 0.5;

/** Share of seeds, among those with liars, in which some of them are honest and run twice instead. */
const TWINNED = 0.3;

export function drawScenario(
  seed: number,
  nodes: number,
  crashModel: CrashModel = 'CFT',
): Scenario {
  const random = new Random(seed, crashModel === 'CFT' ? `scenario/${nodes}` : `BFT/${nodes}`);
  const quorum = quorumOf(crashModel, nodes);
  const outsider = new Random(seed, `outsider/${nodes}`).chance(0.15);
  const liars = crashModel === 'CFT' ? [] : drawLiars(seed, nodes);
  const conditions = drawConditions(seed, nodes, random);
  const { snapshots, distance } = drawSnapshots(seed, nodes);
  const limits = { ...conditions.limits, snapshotDistance: distance };
  const drawn = {
    ...conditions,
    limits,
    snapshots,
    crashModel,
    quorum,
    liars,
    twins: [],
    outsider,
  };
  const scenario = withMembership(drawn);
  const isTurbulent = random.chance(TURBULENT);
  return withTwins(withSnapshotFetches(isTurbulent ? makeTurbulent(scenario) : scenario));
}

/** Drawn last: who would lie is honest instead, on two machines. */
function withTwins(scenario: Scenario): Scenario {
  const random = new Random(scenario.seed, `twins/${scenario.nodes}`);
  if (scenario.liars.length === 0 || !random.chance(TWINNED)) return scenario;
  return makeTwins(scenario, random.integer(1, scenario.liars.length));
}

/** The first liars, at most `count`, become honest nodes with a second machine each. */
export function makeTwins(scenario: Scenario, count: number): Scenario {
  return {
    ...scenario,
    liars: scenario.liars.slice(count),
    twins: [...scenario.twins, ...scenario.liars.slice(0, count).map(({ node }) => node)],
  };
}

/** Nodes of whose keys nothing can be demanded. */
export function faultyNodes({ liars, twins }: Scenario): readonly number[] {
  return [...liars.map(({ node }) => node), ...twins];
}

/** Drawn apart, so that what a seed means otherwise stays as it was. */
function withMembership(scenario: Scenario): Scenario {
  const { seed, nodes } = scenario;
  const random = new Random(seed, `membership/${nodes}`);
  if (nodes < 2 || !random.chance(CHANGING)) return scenario;
  const strangers = random.integer(0, Math.floor(nodes / 2));
  // Any member may turn out to be needed, so every disk stays what it is.
  const faults = { ...scenario.faults, diskDamage: 0, diskWipe: 0 };
  // A smaller set tolerates fewer liars.
  const liars = scenario.liars
    .slice(0, liarsTolerated(nodes - strangers))
    .map((liar): LiarSettings => {
      const meddles = random.chance(0.5);
      return meddles ? { ...liar, habits: [...liar.habits, 'changes-members'] } : liar;
    });
  const membership = { strangers, interval: random.pick([60, 150, 400]), newcomersFrom: 0 };
  return { ...scenario, faults, liars, membership };
}

/** Somebody misses so much that it has to take a snapshot, and what can go wrong with that does. Drawn apart, too. */
function withSnapshotFetches(scenario: Scenario): Scenario {
  const { seed, nodes, breakFor, membership } = scenario;
  const random = new Random(seed, `snapshot fetches/${nodes}`);
  const canBeAway = nodes - membership.strangers >= 3 && scenario.quorum < nodes;
  const isAway = canBeAway && random.chance(ABSENT);
  const areLate = membership.strangers > 0 && random.chance(LATE);
  if (!isAway && !areLate) return scenario;
  const areFirst = random.chance(0.5);
  const liars = scenario.liars.map((liar, at) => ({
    ...liar,
    // The first ones are asked first.
    node: areFirst ? at : liar.node,
    habits: [...liar.habits, ...SNAPSHOT_HABITS.filter(() => random.chance(0.7))],
  }));
  const correct = Array.from({ length: nodes }, (_, node) => node).filter(
    (node) => !liars.some((liar) => liar.node === node),
  );
  const absence: Absence = {
    node: random.pick(correct),
    how: random.pick(['down', 'cut-off']),
    from: random.between(0.1, 0.25) * breakFor,
    // Sometimes it comes back when everything is healed.
    to: random.chance(0.3) ? breakFor : random.between(0.5, 0.8) * breakFor,
  };
  const newcomersFrom = random.between(0.4, 0.7) * breakFor;
  return {
    ...scenario,
    liars,
    // What is lost on the way is asked for again before the cluster is healed.
    timing: { ...scenario.timing, fetchTimeout: random.between(20, 100) },
    limits: { ...scenario.limits, snapshotDistance: random.pick([2, 5]) },
    membership: { ...membership, newcomersFrom: areLate ? newcomersFrom : 0 },
    snapshots: {
      enabled: true,
      retention: random.chance(0.9) ? { entries: random.pick([2, 5, 15]) } : 'archive',
      absence: isAway ? absence : null,
      interruption: random.chance(0.7) ? random.between(0.1, 0.6) : 0,
    },
    // Enough to prune.
    commandInterval: Math.min(scenario.commandInterval, 40),
  };
}

/** Short timeouts, fast nodes, and links that break as fast as leaders are elected. */
export function makeTurbulent(scenario: Scenario): Scenario {
  return {
    ...scenario,
    breakFor: Math.min(scenario.breakFor, 2_000),
    commandInterval: 12,
    timing: { ...scenario.timing, heartbeatInterval: 25, electionTimeout: 100, electionJitter: 50 },
    limits: { ...scenario.limits, maxInFlight: 8 },
    network: { ...scenario.network, minDelay: 1, meanDelay: 2 },
    disk: { meanSync: 0.5, slowFactor: 1, slowDisks: 0 },
    application: { meanAnswer: 0.3, slowFactor: 1, slowApplications: 0, refusal: 0 },
    faults: { ...scenario.faults, crash: 350, downtime: 80, partition: 100, partitionFor: 200 },
  };
}

/** Of the simulator's own reckoning; the core has another one. */
export function quorumOf(crashModel: CrashModel, nodes: number): number {
  if (crashModel === 'CFT') return (nodes >> 1) + 1;
  for (let size = 1; ; size += 1) {
    // Two quorums share more nodes than can lie.
    if (2 * size - nodes > liarsTolerated(nodes)) return size;
  }
}

/** Habits of liars in clusters whose members stay the same and where nobody is away for long. */
const LASTING = HABITS.filter(
  (habit) => habit !== 'changes-members' && !SNAPSHOT_HABITS.includes(habit),
);

/** In some seeds nobody lies, in some one habit is alone, in most there are several. */
function drawLiars(seed: number, nodes: number): LiarSettings[] {
  const random = new Random(seed, `liars/${nodes}`);
  const most = liarsTolerated(nodes);
  if (most === 0 || random.chance(0.1)) return [];
  const numbers = Array.from({ length: nodes }, (_, number) => number);
  const liars = random.sample(numbers, random.chance(0.6) ? most : random.integer(1, most));
  return liars.map((node) => {
    const alone = random.chance(0.3);
    const some = LASTING.filter(() => random.chance(0.4));
    const habits = alone || some.length === 0 ? [random.pick(LASTING)] : some;
    return { node, habits, eagerness: random.pick([0.01, 0.05, 0.2]) };
  });
}

/** Nodes of a BFT cluster that may lie. */
export function liarsTolerated(nodes: number): number {
  return Math.floor((nodes - 1) / 3);
}

/** Apart from everything else, so that a seed is otherwise as it would be without. */
function drawSnapshots(
  seed: number,
  nodes: number,
): { readonly snapshots: SnapshotConditions; readonly distance: number } {
  const random = new Random(seed, `snapshots/${nodes}`);
  const entries = random.pick([10, 20, 60]);
  const retention = random.chance(0.4) ? { entries } : 'archive';
  const enabled = retention !== 'archive' || random.chance(0.6);
  const distance = random.pick([2, 5, 15, DEFAULT_LIMITS.snapshotDistance]);
  return { snapshots: { enabled, retention, absence: null, interruption: 0 }, distance };
}

function drawConditions(
  seed: number,
  nodes: number,
  random: Random,
): Omit<Scenario, 'snapshots' | 'crashModel' | 'quorum' | 'liars' | 'twins' | 'outsider'> {
  /** 0 in calm seeds, up to 1 in brutal ones. */
  const harshness = random.pick([0, 0.15, 0.4, 0.7, 1]);
  const upTo = (most: number, enabled = 0.6): number =>
    random.chance(enabled) ? random.between(0, most) * harshness : 0;
  return {
    seed,
    nodes,
    timing: drawTiming(random),
    limits: drawLimits(random),
    breakFor: random.between(1000, 3500),
    network: {
      minDelay: random.between(0.1, 3),
      meanDelay: random.between(0.2, 4) + upTo(25, 0.3),
      loss: upTo(0.3),
      reordering: upTo(0.3),
      duplication: upTo(0.2),
      replay: upTo(0.15),
      codec: random.chance(0.35),
    },
    disk: {
      meanSync: random.between(0.2, 4) + upTo(20, 0.3),
      slowFactor: random.between(5, 25),
      slowDisks: random.chance(0.25) ? random.integer(1, Math.max(1, nodes >> 1)) : 0,
    },
    application: {
      meanAnswer: random.between(0.1, 4) + upTo(20, 0.3),
      slowFactor: random.between(5, 25),
      slowApplications: random.chance(0.25) ? random.integer(1, Math.max(1, nodes >> 1)) : 0,
      refusal: upTo(0.1, 0.3),
    },
    clocks: { drift: upTo(0.1), skew: upTo(5000) },
    faults: drawFaults(random, harshness),
    membership: { strangers: 0, interval: 0, newcomersFrom: 0 },
    commandInterval: random.pick([30, 100, 250, 600]),
  };
}

function drawFaults(random: Random, harshness: number): FaultIntervals {
  const every = (shortest: number, enabled: number): number =>
    harshness > 0 && random.chance(enabled)
      ? random.between(shortest, 4 * shortest) / harshness
      : 0;
  return {
    crash: every(300, 0.6),
    blackout: every(900, 0.3),
    crashInStep: random.chance(0.4) ? random.between(0, 0.006) * harshness : 0,
    downtime: random.between(20, 900),
    partition: every(250, 0.6),
    partitionFor: random.between(100, 1200),
    disconnect: every(200, 0.3),
    pause: every(400, 0.4),
    pauseFor: random.between(50, 900),
    slowdown: every(600, 0.3),
    clockJump: every(500, 0.3),
    transfer: every(400, 0.3),
    slowLink: every(400, 0.3),
    diskFull: every(900, 0.2),
    diskDamage: every(900, 0.15),
    diskWipe: every(800, 0.12),
  };
}

function drawTiming(random: Random): Timing {
  const heartbeatInterval = random.pick([50, 75, 100]);
  const electionTimeout = heartbeatInterval * random.pick([4, 5, 6]);
  return {
    heartbeatInterval,
    electionTimeout,
    electionJitter: electionTimeout * random.between(0.3, 1),
    electionTimeoutMax: electionTimeout * random.pick([2, 4, 6]),
    proofExpiration: random.chance(0.3) ? random.between(800, 2500) : random.between(6e3, 60e3),
    progressTimeout: random.pick([1_500, 5_000, 10_000]),
    fetchTimeout: random.between(50, 400),
    certificateDelay: random.between(20, 300),
  };
}

/** Often far below the defaults, so that bounds are met. */
function drawLimits(random: Random): Limits {
  const tight = random.chance(0.4);
  return {
    maxInFlight: random.pick([1, 2, 8]),
    maxPayloadBytes: DEFAULT_LIMITS.maxPayloadBytes,
    maxFetchEntries: tight ? random.integer(1, 5) : DEFAULT_LIMITS.maxFetchEntries,
    maxFetchBytes: tight ? random.integer(1, 2_000) : DEFAULT_LIMITS.maxFetchBytes,
    maxCacheBytes: tight ? random.integer(1, 2_000) : DEFAULT_LIMITS.maxCacheBytes,
    maxCacheEntries: tight ? random.integer(1, 8) : DEFAULT_LIMITS.maxCacheEntries,
    snapshotDistance: DEFAULT_LIMITS.snapshotDistance,
    readinessWindow: DEFAULT_LIMITS.readinessWindow,
  };
}
