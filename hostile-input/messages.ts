/**
 * What is sent: requests that are right, the same with a few values spoiled, made-up ones, batches of all these, and
 * texts that are cut or scrambled. They start from the example of every method, with values that exist on the chain.
 */
import fc from 'fast-check';
import { developmentModeMethods } from '../packages/rpc/src/methods/development/index.ts';
import { standardMethods } from '../packages/rpc/src/methods/index.ts';

export interface Message {
  readonly text: string;
  /** Of a batch: how many it holds. */
  readonly requests: number;
}

/** Values of the chain under test, so that requests reach more than the first lookup. */
export interface KnownValues {
  readonly addresses: readonly string[];
  readonly hashes: readonly string[];
  /** Signed transactions. */
  readonly raw: readonly string[];
}

interface Example {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** `mokka_proposeMembership` is not among them: it would add members that do not exist, as it should. */
const MOKKA_METHODS: readonly Example[] = [
  { method: 'mokka_status', params: [] },
  { method: 'mokka_peers', params: [] },
  { method: 'mokka_readIndex', params: [] },
  { method: 'mokka_getCertificate', params: ['latest'] },
  { method: 'mokka_getLeaderProof', params: [] },
  { method: 'mokka_getEvidence', params: [] },
  { method: 'mokka_getMembers', params: [] },
  { method: 'mokka_getLog', params: [1, 10] },
  { method: 'mokka_transferLeadership', params: [1] },
];

const EXAMPLES: readonly Example[] = [
  ...[...standardMethods, ...developmentModeMethods].map(({ name, example }) => ({
    method: name,
    params: example.params,
  })),
  ...MOKKA_METHODS,
];

const BATCH_MAX = 40;
/** Bytes of the largest made-up strings. */
const LONG = 60_000;
const NESTED = 3_000;

export function anyMessage(known: KnownValues): fc.Arbitrary<Message> {
  const value = hostileValue(known);
  const request = anyRequest(known, value);
  const single = request.map((one): Message => ({ text: JSON.stringify(one), requests: 1 }));
  const batch = fc
    .array(request, { minLength: 1, maxLength: BATCH_MAX })
    .map((all): Message => ({ text: JSON.stringify(all), requests: all.length }));
  return fc.oneof(
    { weight: 60, arbitrary: single },
    { weight: 12, arbitrary: batch },
    { weight: 14, arbitrary: scrambled(single) },
    { weight: 6, arbitrary: fc.string({ unit: 'binary' }).map(alone) },
    { weight: 4, arbitrary: fc.json().map(alone) },
    { weight: 1, arbitrary: fc.constantFrom('[', '{"a":', '"', '[[],').map(nested) },
  );
}

const alone = (text: string): Message => ({ text, requests: 1 });
const nested = (text: string): Message => alone(text.repeat(NESTED));

function anyRequest(known: KnownValues, value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const example = fc.constantFrom(...EXAMPLES).chain(({ method, params }) =>
    fc.record({
      method: fc.constant(method),
      params: fc
        .array(fc.nat(), { minLength: 8, maxLength: 8 })
        .map((choices) => enlivened(params, known, choices)),
    }),
  );
  const spoiling = fc.record({
    place: fc.nat(),
    how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'append', 'twice'),
    value,
  });
  const spoiled = fc
    .tuple(example, fc.array(spoiling, { minLength: 1, maxLength: 3 }))
    .map(([{ method, params }, changes]) => ({ method, params: changes.reduce(spoil, params) }));
  const madeUp = fc.record({
    method: fc.oneof(fc.constantFrom(...EXAMPLES.map(({ method }) => method)), fc.string()),
    params: fc.oneof(fc.array(value, { maxLength: 5 }), value),
  });
  const call = fc.oneof(
    { weight: 2, arbitrary: example },
    { weight: 6, arbitrary: spoiled },
    { weight: 2, arbitrary: madeUp },
  );
  const envelope = fc.oneof(
    { weight: 12, arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ jsonrpc: fc.oneof(fc.constant('2.0'), value), id: value }),
    },
    { weight: 1, arbitrary: fc.constant({ jsonrpc: '2.0' }) },
  );
  return fc.tuple(envelope, call).map(([head, body]) => ({ ...head, ...body }));
}

/** The example with values that exist, each placed by its length. */
function enlivened(
  params: readonly unknown[],
  known: KnownValues,
  choices: readonly number[],
): readonly unknown[] {
  let used = 0;
  const pick = (from: readonly string[], otherwise: string): string =>
    from[(choices[used++ % choices.length] ?? 0) % Math.max(from.length, 1)] ?? otherwise;
  const text = JSON.stringify(params).replaceAll(/"(0x[0-9a-fA-F]*)"/g, (quoted, hex: string) => {
    if (hex.length === 42) return `"${pick(known.addresses, hex)}"`;
    if (hex.length === 66) return `"${pick(known.hashes, hex)}"`;
    if (hex.length > 150) return `"${pick(known.raw, hex)}"`;
    return quoted;
  });
  return JSON.parse(text);
}

interface Spoiling {
  readonly place: number;
  readonly how: string;
  readonly value: unknown;
}

/** The parameters with one value, somewhere in the tree, changed. */
function spoil(params: readonly unknown[], { place, how, value }: Spoiling): readonly unknown[] {
  const copy: unknown[] = structuredClone([...params]);
  const places = placesOf(copy);
  const at = places[place % Math.max(places.length, 1)];
  if (at === undefined || how === 'append') {
    copy.push(value);
    return copy;
  }
  const { parent, key } = at;
  const before = Reflect.get(parent, key);
  if (how === 'remove') Reflect.deleteProperty(parent, key);
  else if (how === 'twice') Reflect.set(parent, key, [before, before]);
  else Reflect.set(parent, key, value);
  return copy;
}

function placesOf(parent: object): { readonly parent: object; readonly key: string }[] {
  return Object.entries(parent).flatMap(([key, value]) => [
    { parent, key },
    ...(typeof value === 'object' && value !== null ? placesOf(value) : []),
  ]);
}

/** A text with a part cut out, doubled or overwritten. */
function scrambled(messages: fc.Arbitrary<Message>): fc.Arbitrary<Message> {
  const parts = fc.tuple(messages, fc.nat(), fc.nat({ max: 12 }), fc.string({ maxLength: 4 }));
  return parts.map(([{ text }, place, length, other]) => {
    const start = place % text.length;
    return alone(text.slice(0, start) + other + text.slice(start + length));
  });
}

function hostileValue({ addresses, hashes }: KnownValues): fc.Arbitrary<unknown> {
  const quantity = fc
    .oneof(fc.bigInt({ min: 0n, max: 2n ** 257n }), fc.bigInt({ min: 0n, max: 300n }))
    .map((number) => `0x${number.toString(16)}`);
  const bytes = fc
    .uint8Array({ maxLength: 70 })
    .map((of) => `0x${Buffer.from(of).toString('hex')}`);
  const scalar = fc.oneof(
    quantity,
    bytes,
    fc.constantFrom(...SCALARS),
    fc.constantFrom(...(addresses.length === 0 ? ['0x'] : addresses)),
    fc.constantFrom(...(hashes.length === 0 ? ['0x'] : hashes)),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.double(),
    fc.maxSafeInteger(),
  );
  const members = fc.oneof(
    fc.constantFrom(...MEMBERS),
    fc.constantFrom(...(addresses.length === 0 ? ['0x'] : addresses)),
  );
  const flat = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }));
  const object = fc.dictionary(members, flat, { maxKeys: 6, noNullPrototype: true });
  const deeper = fc.dictionary(
    members,
    fc.oneof(flat, object, fc.array(object, { maxLength: 3 })),
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  );
  return fc.oneof(
    { weight: 8, arbitrary: scalar },
    { weight: 4, arbitrary: object },
    { weight: 3, arbitrary: deeper },
    { weight: 2, arbitrary: fc.array(fc.oneof(scalar, object), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom('0x'.padEnd(LONG, 'f'), 'x'.repeat(LONG)) },
  );
}

const SCALARS = [
  ...['latest', 'pending', 'earliest', 'safe', 'finalized', '0x', '0x0', '0x00', '0X1', '', '-0x1'],
  ...['newHeads', 'logs', 'newPendingTransactions', 'syncing', '__proto__', 'constructor'],
  ...['0xffffffffffffffff', '0x10000000000000000', `0x${'f'.repeat(64)}`, `0x1${'0'.repeat(64)}`],
  ...['callTracer', 'prestateTracer', '4byteTracer', '1s', '0s', '-1s'],
  ...[null, true, false, 0, -1, 1, 1.5, 1e308, 2 ** 53, 2 ** 64],
  // PUSH0 PUSH0 REVERT; JUMPDEST PUSH0 JUMP; PUSH0 CALLDATALOAD; an endless copy of memory.
  ...['0x5f5ffd', '0x5b5f56', '0x5f35', '0x5b62ffffff5f5f395f56'],
];

const MEMBERS = [
  ...['from', 'to', 'value', 'gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'nonce'],
  ...['data', 'input', 'chainId', 'type', 'accessList', 'storageKeys', 'address', 'topics'],
  ...[
    'fromBlock',
    'toBlock',
    'blockHash',
    'blockNumber',
    'requireCanonical',
    'blocks',
    'timestamp',
  ],
  ...[
    'balance',
    'code',
    'state',
    'stateDiff',
    'movePrecompileToAddress',
    'blockStateCalls',
    'calls',
  ],
  ...[
    'blockOverrides',
    'stateOverrides',
    'validation',
    'traceTransfers',
    'number',
    'time',
    'gasLimit',
  ],
  ...['blobVersionedHashes', 'maxFeePerBlobGas', 'blobs', 'authorizationList', 'yParity', 'r', 's'],
  ...['tracer', 'tracerConfig', 'onlyTopCall', 'withLog', 'enableMemory', 'limit', 'timeout'],
  ...['types', 'primaryType', 'domain', 'message', 'name', 'forking', '__proto__', 'toString'],
];
