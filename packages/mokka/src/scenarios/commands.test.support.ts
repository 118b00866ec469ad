/** The commands of scenarios, one handler each. New ones go into the table; `docs/guides/scenarios.md` lists them. */
import type { Message } from '../core/message.ts';
import { DEFAULT_LIMITS } from '../core/options.ts';
import { nodeId } from '../core/virtual-cluster.test.support.ts';
import { MemoryTables } from '../storage/memory.ts';
import { lies } from './lies.test.support.ts';
import { membershipCommands } from './membership.test.support.ts';
import { type Command, ScriptError } from './script.test.support.ts';
import { snapshotCommands } from './snapshots.test.support.ts';
import { type Handler, nodeOf, type Stage, worldOf } from './stage.test.support.ts';
import { type Flight, ScenarioWorld } from './world.test.support.ts';

/** Messages that `deliver-all` may deliver; beyond, nodes answer each other for ever. */
const MAX_DELIVERIES = 2_000;
/** Virtual milliseconds within which any election timer runs out. */
const LONGEST_TIMEOUT = 10_000;

const handlers: Readonly<Record<string, Handler>> = {
  ...lies,
  ...membershipCommands,
  ...snapshotCommands,

  /** `quiet`: its block prints nothing; for what other scripts show. */
  quiet: (stage) => {
    stage.isQuiet = true;
  },

  /** `cluster 3 [bft] [validators=2] [keep=4] [limit=value ...]`: starts that many nodes. */
  cluster: async (stage, { words: [count, ...settings] }) => {
    stage.world = createWorld(wholeNumber(count), settings);
    for (const number of stage.world.nodes.keys()) await stage.world.boot(number);
    stage.world.takeLines();
  },

  /** `timeout n1`: moves its clock until it misses a leader. */
  timeout: async (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    const fired = () => world.peekLines().some((line) => line === `n${number} misses a leader`);
    await world.pass(number, LONGEST_TIMEOUT, fired);
    if (!fired()) throw new ScriptError(`n${number} misses nobody`);
  },

  /** `wait n1 200`: moves its clock on, in milliseconds. */
  wait: async (stage, { words: [node, milliseconds] }) => {
    const { world, number } = nodeOf(stage, node);
    await world.pass(number, wholeNumber(milliseconds));
  },

  /** `deliver n1->n2 [type ...]`: delivers what is in flight on the link now, or the messages of these types. */
  deliver: async (stage, { words: [link, ...types] }) => {
    const world = worldOf(stage);
    const flights = flightsOn(world, link, types);
    if (flights.length === 0) throw new ScriptError(`nothing like this is in flight on ${link}`);
    for (const flight of flights) await world.deliver(flight);
  },

  /** `deliver-all [type ...]`: delivers until nothing (of these types) is in flight. */
  'deliver-all': async (stage, { words: types }) => {
    const world = worldOf(stage);
    for (let count = 0; count < MAX_DELIVERIES; count += 1) {
      const flight = world.flights.find(({ message }) => isOf(message, types));
      if (flight === undefined) return;
      await world.deliver(flight);
    }
    throw new ScriptError('the network does not come to rest');
  },

  /** `drop n1->n2 [type ...]`: loses what is in flight on the link. */
  drop: (stage, { words: [link, ...types] }) => {
    const world = worldOf(stage);
    const lost = flightsOn(world, link, types);
    if (lost.length === 0) throw new ScriptError(`nothing like this is in flight on ${link}`);
    world.dropWhere((flight) => lost.includes(flight));
  },

  /** `drop-all`: loses everything in flight. */
  'drop-all': (stage) => worldOf(stage).dropWhere(() => true),

  /** `replay n1->n2 [type ...]`: delivers the last such message that was delivered once more. */
  replay: async (stage, { words: [link, ...types] }) => {
    const world = worldOf(stage);
    const isWanted = onLink(link, types);
    const again = world.delivered.findLast(isWanted);
    if (again === undefined) throw new ScriptError(`nothing like this was delivered on ${link}`);
    await world.deliver(again);
  },

  /** `flight`: lists what is in flight. */
  flight: (stage) => {
    const world = worldOf(stage);
    for (const { from, to, message } of world.flights) {
      world.say(`n${from} -> n${to}: ${world.printer.message(message)}`);
    }
  },

  /** `partition n0 n1 | n2`: only nodes of one side reach each other. `heal` ends it. */
  partition: async (stage, { words }) => {
    const world = worldOf(stage);
    const sides = new Map<number, number>();
    let side = 0;
    for (const word of words) {
      if (word === '|') side += 1;
      else sides.set(nodeOf(stage, word).number, side);
    }
    for (const left of world.nodes.keys()) {
      for (const right of world.nodes.keys()) {
        if (left < right && sides.get(left) !== sides.get(right)) await world.cut(left, right);
      }
    }
  },

  /** `cut n1 n2`: these two do not reach each other. */
  cut: async (stage, { words: [left, right] }) => {
    const { world, number } = nodeOf(stage, left);
    await world.cut(number, nodeOf(stage, right).number);
  },

  heal: async (stage) => worldOf(stage).heal(),

  /** `propose n1 "a"`: the application of n1 has this payload pending. */
  propose: async (stage, { words: [node, ...payloads] }) => {
    const { world, number } = nodeOf(stage, node);
    const { pending } = world.node(number).application;
    for (const payload of payloads) pending.push(new TextEncoder().encode(payload));
    await world.input(number, { type: 'pending' });
  },

  /** `transfer n1 [n2]`: asks the leader n1 to hand its term over, to n2 or to any. */
  transfer: async (stage, { words: [node, to] }) => {
    const { world, number } = nodeOf(stage, node);
    const target = to === undefined ? null : nodeId(nodeOf(stage, to).number);
    await world.input(number, { type: 'transfer-leadership', to: target });
  },

  /** `complain n1`: BFT; the application of n1 misses what it sent to the leader. */
  complain: async (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    await world.input(number, { type: 'complaint', active: true });
  },

  /** `read n1 7`: a client's read number 7 shall see all that is committed anywhere. */
  read: async (stage, { words: [node, read] }) => {
    const { world, number } = nodeOf(stage, node);
    await world.input(number, { type: 'read-index', read: wholeNumber(read) });
  },

  crash: async (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    await world.crash(number);
  },

  restart: async (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    await world.boot(number);
  },

  /** `hold-writes n1`: from now on its writes wait for `sync`. */
  'hold-writes': (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    world.node(number).holdsWrites = true;
  },

  /** `sync n1 [all]`: syncs the oldest write that waits, or all and every later one at once. */
  sync: async (stage, { words: [node, all] }) => {
    const { world, number } = nodeOf(stage, node);
    await world.sync(number);
    if (all === undefined) return;
    while (world.node(number).writes.length > 0) await world.sync(number);
    world.node(number).holdsWrites = false;
  },

  /** `backup n1`: copies its disk. `restore-backup n1`: puts the copy back, while the node is down. */
  backup: (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    world.node(number).backup = copyOf(world.node(number).tables);
  },

  'restore-backup': (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    const one = world.node(number);
    if (one.backup === null || one.core !== null) throw new ScriptError(`n${number} is up`);
    one.tables = copyOf(one.backup);
  },

  /** `state [n1 ...]`: role, term and log. */
  state: (stage, { words }) => {
    const world = worldOf(stage);
    const wanted = words.length === 0 ? world.nodes.map((_, at) => `n${at}`) : words;
    for (const word of wanted) {
      const { number } = nodeOf(stage, word);
      world.say(`n${number} ${world.state(number)}`);
    }
  },

  /** `expect n1 follower ...`: fails unless its state line holds this text. */
  expect: (stage, { text, words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    const state = world.state(number);
    const wanted = text.slice(text.indexOf(' ', text.indexOf(' ') + 1) + 1);
    if (!state.includes(wanted)) throw new ScriptError(`n${number} is not "${wanted}": ${state}`);
  },

  /** `expect-said "n0 is leader T2"`: fails unless this block has said so, in a line of its own or as a part of one. */
  'expect-said': ({ said }, { words: [wanted = ''] }) => {
    if (!said.some((line) => line.includes(wanted))) throw new ScriptError('nobody said so');
  },

  /** `expect-unsaid "n0 commits"`: the other way round. */
  'expect-unsaid': ({ said }, { words: [unwanted = ''] }) => {
    const line = said.find((one) => one.includes(unwanted));
    if (line !== undefined) throw new ScriptError(`it was said: ${line}`);
  },

  /** `expect-no vote`: fails if a message of this type is in flight. */
  'expect-no': (stage, { words: types }) => {
    const found = worldOf(stage).flights.find(({ message }) => isOf(message, types));
    if (found !== undefined) throw new ScriptError(`a ${found.message.type} is in flight`);
  },
};

/** Runs one command; the world has said what came of it. Throws ScriptError. */
export async function runCommand(stage: Stage, command: Command): Promise<string[]> {
  const handler = handlers[command.name];
  if (handler === undefined) throw new ScriptError(`there is no command ${command.name}`);
  await handler(stage, command);
  const lines = stage.world?.takeLines() ?? [];
  stage.said.push(...lines);
  return lines;
}

/** The commands there are. */
export const COMMANDS: readonly string[] = Object.keys(handlers);

function createWorld(count: number, settings: readonly string[]): ScenarioWorld {
  const limits: Record<string, number> = {};
  const timing: Record<string, number> = {};
  const own: { validators: number; keep: number | null } & Record<string, number | null> = {
    validators: count,
    keep: null,
  };
  const crashModel = settings[0] === 'bft' ? 'BFT' : 'CFT';
  for (const setting of settings.slice(crashModel === 'BFT' ? 1 : 0)) {
    const [name = '', value] = setting.split('=');
    const group = name in own ? own : name in DEFAULT_LIMITS ? limits : timing;
    group[name] = wholeNumber(value);
  }
  const { validators, keep } = own;
  return new ScenarioWorld(count, { limits, timing, crashModel, validators, keep });
}

function flightsOn(world: ScenarioWorld, link: string | undefined, types: string[]): Flight[] {
  return world.flights.filter(onLink(link, types));
}

/** `n1->n2`, where `*` stands for any node. */
function onLink(link = '', types: readonly string[]): (flight: Flight) => boolean {
  const ends = /^(n\d+|\*)->(n\d+|\*)$/.exec(link);
  if (ends === null) throw new ScriptError(`"${link}" is no link`);
  const [, from, to] = ends;
  return (flight) =>
    (from === '*' || from === `n${flight.from}`) &&
    (to === '*' || to === `n${flight.to}`) &&
    isOf(flight.message, types);
}

function isOf(message: Message, types: readonly string[]): boolean {
  return types.length === 0 || types.includes(message.type);
}

function wholeNumber(word = ''): number {
  if (!/^\d+$/.test(word)) throw new ScriptError(`"${word}" is no number`);
  return Number(word);
}

function copyOf(tables: MemoryTables): MemoryTables {
  const copy = new MemoryTables();
  for (const [name, table] of tables.numbered) {
    for (const [key, value] of table) copy.numbered.get(name)?.set(key, value);
  }
  for (const [name, value] of tables.records) copy.records.set(name, value);
  return copy;
}
