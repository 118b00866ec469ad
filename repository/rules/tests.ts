/** Tests wait for conditions, never for time, and all of them run. */
import type { Finding } from '../finding.ts';
import {
  child,
  children,
  collect,
  nameOf,
  type SourceFile,
  type SyntaxNode,
} from '../source-file.ts';

const WAIT_INSTEAD = 'wait for the condition: vi.waitFor, expect.poll, an event or a promise';

export function checkTests(sources: readonly SourceFile[]): readonly Finding[] {
  return sources
    .filter((source) => source.isTest || source.path.startsWith('e2e/'))
    .flatMap((source) => [...checkSleeps(source), ...checkFocus(source)]);
}

function checkSleeps(source: SourceFile): readonly Finding[] {
  const imported = source.imports
    .filter(
      ({ specifier, names }) =>
        specifier === 'node:timers/promises' && !names.every((name) => name === 'setImmediate'),
    )
    .map((reference) => reference.line);
  const awaited = source.nodes
    .filter((node) => isSleepingPromise(node) || isAtomicsWait(node))
    .map((node) => source.lineOf(node.start));
  return [...imported, ...awaited].map((line) => ({
    file: source.path,
    line,
    rule: 'test-sleep',
    message: `a test that waits for time is slow or flaky; ${WAIT_INSTEAD}`,
  }));
}

/** `new Promise((resolve) => setTimeout(resolve, 100))` and its variants. A delay of literally 0 only yields. */
function isSleepingPromise(node: SyntaxNode): boolean {
  if (node.type !== 'NewExpression' || nameOf(child(node, 'callee')) !== 'Promise') return false;
  const executor = children(node, 'arguments')[0];
  const resolve = executor === undefined ? undefined : nameOf(children(executor, 'params')[0]);
  if (executor === undefined || resolve === undefined) return false;
  const inner: SyntaxNode[] = [];
  collect(executor['body'], inner);
  return inner.some((call) => {
    if (call.type !== 'CallExpression') return false;
    if (nameOf(child(call, 'callee')) !== 'setTimeout') return false;
    const [callback, delay] = children(call, 'arguments');
    return delay?.['value'] !== 0 && callback !== undefined && onlyCalls(callback, resolve);
  });
}

/** `resolve` itself, or a function that does nothing but call it. */
function onlyCalls(callback: SyntaxNode, name: string): boolean {
  if (nameOf(callback) === name) return true;
  const body = child(callback, 'body');
  const only =
    body?.type === 'BlockStatement' && children(body, 'body').length === 1
      ? child(children(body, 'body')[0] ?? body, 'expression')
      : body;
  return only?.type === 'CallExpression' && nameOf(child(only, 'callee')) === name;
}

function isAtomicsWait(node: SyntaxNode): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = child(node, 'callee', 'MemberExpression');
  if (callee === undefined) return false;
  return (
    nameOf(child(callee, 'object')) === 'Atomics' && nameOf(child(callee, 'property')) === 'wait'
  );
}

/** `it.only`, `describe.skip` and the like. A condition (`skipIf`) is fine: it says when the test runs. */
function checkFocus(source: SourceFile): readonly Finding[] {
  return source.nodes.flatMap((node) => {
    if (node.type !== 'MemberExpression') return [];
    const property = nameOf(child(node, 'property')) ?? '';
    if (!['only', 'skip', 'todo', 'fails'].includes(property)) return [];
    if (!['it', 'test', 'describe', 'suite', 'bench'].includes(rootName(node) ?? '')) return [];
    const line = source.lineOf(node.start);
    const message = `.${property} leaves tests out of every run; remove it, or use skipIf with the condition`;
    return [{ file: source.path, line, rule: 'focused-test', message }];
  });
}

function rootName(node: SyntaxNode): string | undefined {
  const object = child(node, 'object') ?? child(node, 'callee');
  return object === undefined ? nameOf(node) : rootName(object);
}
