/** Where an answer differs from the example of it, which may leave things out with `...`. */
const ELLIPSIS = '...';

/** The place of the first difference and both values; undefined when the answer fits. */
export function differenceFromExample(
  answer: unknown,
  example: unknown,
  { shapeOnly }: { readonly shapeOnly: boolean },
  place = 'result',
): string | undefined {
  const differs = `${place} is ${JSON.stringify(answer)}, the example says ${JSON.stringify(example)}`;
  const compare = (name: string | number, one: unknown, other: unknown) =>
    differenceFromExample(one, other, { shapeOnly }, `${place}.${name}`);
  if (Array.isArray(example)) {
    if (!Array.isArray(answer)) return differs;
    const goesOn = example.at(-1) === ELLIPSIS;
    const shown = goesOn ? example.slice(0, -1) : example;
    if (goesOn ? answer.length < shown.length : answer.length !== shown.length) return differs;
    return firstOf(shown.map((each, index) => compare(index, answer[index], each)));
  }
  if (typeof example === 'object' && example !== null) {
    if (typeof answer !== 'object' || answer === null) return differs;
    const { [ELLIPSIS]: more, ...shown } = example as Record<string, unknown>;
    const found = answer as Record<string, unknown>;
    const missing = Object.keys(shown).filter((name) => !(name in found));
    const extra = Object.keys(found).filter((name) => !(name in shown));
    if (missing.length > 0 || (extra.length > 0 && more === undefined)) return differs;
    return firstOf(Object.entries(shown).map(([name, each]) => compare(name, found[name], each)));
  }
  if (shapeOnly) return typeof answer === typeof example ? undefined : differs;
  if (typeof example === 'string' && typeof answer === 'string') {
    const [start = '', end] = example.split(ELLIPSIS);
    const fits =
      end === undefined ? answer === example : answer.startsWith(start) && answer.endsWith(end);
    return fits ? undefined : differs;
  }
  return answer === example ? undefined : differs;
}

function firstOf(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((difference) => difference !== undefined);
}
