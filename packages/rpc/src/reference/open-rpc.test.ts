import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineMethod, required } from '../method.ts';
import { developmentModeMethods } from '../methods/development/index.ts';
import { standardMethods } from '../methods/index.ts';
import { blockTagOrNumber } from '../parameters/block-selector.ts';
import { address, data, hash, index, storageKey, uint64, uint256, wei } from '../parameters/hex.ts';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';
import { openRpcDocument } from './open-rpc.ts';

/** What the specification requires of a document, as far as this one uses it; other members only as extensions. */
const extensions = { 'x-peers': z.array(z.string()), 'x-alias-of': z.string().nullable() };
const schema = z.record(z.string(), z.unknown());
const pairing = z.strictObject({
  name: z.string().min(1),
  params: z.array(z.strictObject({ name: z.string().min(1), value: z.unknown() })),
  result: z.strictObject({ name: z.string(), value: z.unknown() }).optional(),
  'x-error': z.object({ code: z.int(), message: z.string() }).optional(),
  'x-varies': z.string().optional(),
});
const specification = z.strictObject({
  openrpc: z.string().regex(/^1\.3\.\d+$/),
  info: z.strictObject({ title: z.string().min(1), version: z.string().min(1) }),
  methods: z.array(
    z.strictObject({
      name: z.string().min(1),
      tags: z.array(z.strictObject({ name: z.string() })),
      summary: z.string().min(1),
      paramStructure: z.enum(['by-name', 'by-position', 'either']),
      params: z.array(
        z.strictObject({
          name: z.string().min(1),
          description: z.string(),
          required: z.boolean(),
          schema,
        }),
      ),
      result: z.strictObject({ name: z.string().min(1), description: z.string(), schema }),
      errors: z.array(z.strictObject({ code: z.int(), message: z.string().min(1) })),
      examples: z.array(pairing),
      ...extensions,
      'x-development-mode': z.boolean(),
    }),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[a-zA-Z0-9._-]+$/), schema),
  }),
});

const all = [...standardMethods, ...developmentModeMethods];

describe('the document', () => {
  const document = openRpcDocument(all, { version: '1' });

  it('has the form that OpenRPC requires', () => {
    const { methods } = specification.parse(document);
    expect(methods.map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort());
    for (const { params } of methods) {
      const names = params.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('refers to schemas that it has', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(50);
    const places = Object.keys(document.components.schemas).map(
      (name) => `#/components/schemas/${name}`,
    );
    expect(places).toEqual(expect.arrayContaining([...new Set(references)]));
  });

  it('says something of every parameter', () => {
    for (const { name, params } of document.methods) {
      for (const parameter of params) {
        const isAnything = Object.keys(parameter.schema).length === 0;
        expect(
          isAnything,
          `${name}: ${parameter.name} needs a schema that says what it takes`,
        ).toBe(`${name} ${parameter.name}` === 'eth_subscribe options');
      }
    }
  });

  it('names what a method is another name of, and a method of development mode', () => {
    const describedAs = (name: string) => document.methods.find((method) => method.name === name);
    expect(describedAs('anvil_setBalance')).toMatchObject({
      'x-alias-of': 'hardhat_setBalance',
      'x-development-mode': true,
      'x-peers': ['anvil'],
    });
    expect(describedAs('eth_call')).toMatchObject({ 'x-development-mode': false });
  });

  it('can not have two schemas of one name', () => {
    const wrong = (name: string, meaning: string) =>
      defineMethod({
        name,
        summary: '',
        params: [required('a', z.string().meta({ id: 'Same', description: meaning }), '')],
        result: '',
        peers: [],
        errors: [],
        example: { params: [], result: null },
        handler: () => null,
      });
    expect(() => openRpcDocument([wrong('a_a', 'x'), wrong('a_b', 'y')], { version: '1' })).toThrow(
      'Same',
    );
  });
});

describe('the pattern of a text', () => {
  const nearlyHex = fc.oneof(
    fc.stringMatching(/^(0[xX])?[0-9a-fA-F]{0,70}$/),
    fc.constantFrom(0, 1, 16, 20, 32, 33).map((bytes) => `0x${'0f'.repeat(bytes)}`),
    fc.constantFrom('', '0x', '0x0', '0x00', 'latest', 'newest', '0xg', `0x1${'0'.repeat(64)}`),
  );
  it.each(Object.entries({ address, data, hash, index, storageKey, uint64, uint256, wei }))(
    'takes what %s takes, and nothing else',
    (_, parser) => {
      const { pattern } =
        z.toJSONSchema(parser, { io: 'input' }).$defs?.[parser.meta()?.id ?? ''] ?? {};
      const expression = new RegExp(String(pattern));
      fc.assert(
        fc.property(nearlyHex, (text) => {
          expect(expression.test(text)).toBe(parser.safeParse(text).success);
        }),
      );
    },
  );

  it('of a block number takes less than the parser only beyond any chain', () => {
    const { pattern } =
      z.toJSONSchema(blockTagOrNumber, { io: 'input' }).$defs?.['BlockTagOrNumber'] ?? {};
    const expression = new RegExp(String(pattern));
    for (const text of ['latest', 'safe', '0x0', '0xFf', '0x7fffffffffffffff']) {
      expect([expression.test(text), blockTagOrNumber.safeParse(text).success]).toEqual([
        true,
        true,
      ]);
    }
    for (const text of ['newest', '0x00', '12', '']) {
      expect([expression.test(text), blockTagOrNumber.safeParse(text).success]).toEqual([
        false,
        false,
      ]);
    }
  });
});

describe('a server', () => {
  let running: RunningServer;
  beforeEach(async () => {
    running = await startServer();
  });
  afterEach(() => running.close());

  it('describes its own methods, by both names of the request', async () => {
    const document = specification.parse(await running.result('rpc_discover'));
    expect(document.info.version).toBe('anvil/praline/test');
    expect(document.methods.map(({ name }) => name)).toContain('eth_call');
    expect(await running.result('rpc.discover')).toEqual(document);
  });
});
