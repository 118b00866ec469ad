/** The reference of JSON-RPC methods in Markdown, from the OpenRPC document that a server gives of them. */
import type {
  JsonValue,
  OpenRpcDocument,
  OpenRpcExample,
  OpenRpcMethod,
  OpenRpcSchema,
} from '@praline/rpc';

/** Text up to the first heading of a namespace. */
export function methodsPage(introduction: string, document: OpenRpcDocument): string {
  const { methods, components } = document;
  const schemas = components.schemas;
  const primary = methods.filter((method) => method['x-alias-of'] === null);
  const namespaces = [...new Set(primary.map(namespaceOf))].sort();
  return `${[
    introduction,
    '## Which other nodes have it',
    PEERS,
    peersTable(methods),
    ...namespaces.flatMap((namespace) => [
      `## ${namespace}`,
      ...primary
        .filter((method) => namespaceOf(method) === namespace)
        .map((method) => methodSection(method, { methods, schemas })),
    ]),
    '## Types',
    ...Object.entries(schemas).map(([name, schema]) => typeSection(name, schema, schemas)),
  ].join('\n\n')}\n`;
}

type Schemas = OpenRpcDocument['components']['schemas'];

function namespaceOf({ tags }: OpenRpcMethod): string {
  return tags[0]?.name ?? '';
}

const PEERS = `Anvil 1.7.1, Hardhat 2.22.17 and 3.18.0 and Ganache 7.9.2 were asked while running; a name that a node has as an alias
counts, a stub that only ever answers with an error does not. geth 1.17 and Besu as one version of their sources says. \`only 2\`:
Hardhat 2 has it and Hardhat 3 does not; \`only 3\`: the other way round.`;

const COLUMNS = ['anvil', 'hardhat', 'ganache', 'geth', 'besu'] as const;

function peersTable(methods: readonly OpenRpcMethod[]): string {
  const rows = methods.map((method) => {
    const cells = COLUMNS.map((column) => {
      const [peer] = method['x-peers'].filter((each) => each.split(' ')[0] === column);
      if (peer === undefined) return '';
      return peer === column ? 'yes' : `only ${peer.split(' ')[1]}`;
    });
    const { 'x-alias-of': aliasOf, name } = method;
    return [`[\`${name}\`](#${anchorOf(aliasOf ?? name)})`, ...cells];
  });
  return table(['method', 'Anvil', 'Hardhat', 'Ganache', 'geth', 'Besu'], rows);
}

interface Surroundings {
  readonly methods: readonly OpenRpcMethod[];
  readonly schemas: Schemas;
}

function methodSection(method: OpenRpcMethod, { methods, schemas }: Surroundings): string {
  const aliases = methods.filter((other) => other['x-alias-of'] === method.name);
  const parameters = method.params.map(({ name, required, description, schema }) => [
    `\`${name}\``,
    typeOf(schema),
    unitOf(schema, schemas),
    required ? 'yes' : 'no',
    description,
  ]);
  const errors = method.errors.map(({ code, message }) => `- \`${code}\`: ${message}`);
  return [
    `### ${method.name}`,
    method.summary,
    [
      method['x-development-mode'] ? 'In development mode only.' : '',
      aliases.length === 0 ? '' : `Also as ${aliases.map(({ name }) => `\`${name}\``).join(', ')}.`,
    ]
      .filter((part) => part !== '')
      .join(' '),
    parameters.length === 0
      ? 'No parameters.'
      : table(['parameter', 'type', 'unit', 'required', 'meaning'], parameters),
    `Result: ${method.result.description}`,
    errors.length === 0 ? '' : `Errors:\n\n${errors.join('\n')}`,
    ...method.examples.map((example) => exampleBlock(method.name, example)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function exampleBlock(method: string, example: OpenRpcExample): string {
  const request = { method, params: example.params.map(({ value }) => value) };
  const error = example['x-error'];
  const response = error === undefined ? { result: example.result?.value ?? null } : { error };
  const varies = example['x-varies'];
  return [
    '```json',
    compactJson(request),
    compactJson(response),
    '```',
    ...(varies === undefined ? [] : ['', `Another answer each time: ${varies}.`]),
  ].join('\n');
}

function typeSection(name: string, schema: OpenRpcSchema, schemas: Schemas): string {
  const { description, properties, 'x-unit': unit } = schema;
  const words = [
    typeof description === 'string' ? description : '',
    typeof unit === 'string' ? `In ${unit}.` : '',
    isObject(properties) ? '' : `In JSON ${typeOf(schema)}.`,
  ];
  return [
    `### ${name}`,
    words.filter((part) => part !== '').join(' '),
    isObject(properties) ? membersTable(schema, properties, schemas) : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function membersTable(schema: OpenRpcSchema, properties: OpenRpcSchema, schemas: Schemas): string {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const rows = Object.entries(properties).map(([name, member]) => [
    `\`${name}\``,
    isObject(member) ? typeOf(member) : 'anything',
    isObject(member) ? unitOf(member, schemas) : '',
    required.includes(name) ? 'yes' : 'no',
  ]);
  return table(['member', 'type', 'unit', 'required'], rows);
}

/** In words, with links to named types. */
export function typeOf(schema: OpenRpcSchema): string {
  const { $ref, allOf, anyOf, items, type, properties, additionalProperties } = schema;
  if (typeof $ref === 'string') return linkTo($ref);
  if (isObjects(allOf)) return allOf.map(typeOf).join(' and ');
  if (isObjects(anyOf)) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (Array.isArray(schema['enum'])) {
    return schema['enum'].map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  }
  if (type === 'array') return isObject(items) ? `list of ${typeOf(items)}` : 'list';
  if (type !== 'object') return typeof type === 'string' ? type : 'anything';
  if (isObject(properties) && Object.keys(properties).length > 0) return objectOf(properties);
  return isObject(additionalProperties) && Object.keys(additionalProperties).length > 0
    ? `object with values ${typeOf(additionalProperties)}`
    : 'object';
}

function objectOf(properties: OpenRpcSchema): string {
  return `object of ${Object.keys(properties)
    .map((name) => `\`${name}\``)
    .join(', ')}`;
}

function linkTo(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return `[${name}](#${anchorOf(name)})`;
}

/** The unit of a number, wherever the schema or what it refers to says it. */
export function unitOf(schema: OpenRpcSchema, schemas: Schemas): string {
  const { 'x-unit': unit, $ref, allOf } = schema;
  if (typeof unit === 'string') return unit;
  if (typeof $ref === 'string') {
    const target = schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
    return target === undefined ? '' : unitOf(target, schemas);
  }
  return isObjects(allOf) ? allOf.map((each) => unitOf(each, schemas)).join('') : '';
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll('.', '');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Characters of a line of JSON; longer values take a line for each member. */
const LINE_MAX = 100;

function compactJson(value: JsonValue, indent = ''): string {
  const line = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  const isSimple = typeof value !== 'object' || value === null;
  if (isSimple || indent.length + line.length <= LINE_MAX) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((each) => `${inner}${compactJson(each, inner)}`).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${inner}${JSON.stringify(name)}: ${compactJson(member ?? null, inner)}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

function isObject(value: JsonValue | undefined): value is OpenRpcSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjects(value: JsonValue | undefined): value is readonly OpenRpcSchema[] {
  return Array.isArray(value) && value.every(isObject);
}
