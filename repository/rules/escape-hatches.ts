/** Places where the compiler or the linter is told to look away: never without the reason. */
import type { Finding } from '../finding.ts';
import type { SourceFile } from '../source-file.ts';

/** Letters of a reason below which it explains nothing. */
const REASON_LENGTH_MIN = 12;

export function checkEscapeHatches(sources: readonly SourceFile[]): readonly Finding[] {
  return sources.flatMap((source) => [...checkComments(source), ...checkAny(source)]);
}

function checkComments(source: SourceFile): readonly Finding[] {
  return source.comments.flatMap((comment) => {
    const message = commentProblem(comment.text);
    return message === undefined
      ? []
      : [{ file: source.path, line: comment.line, rule: 'escape-hatch', message }];
  });
}

function commentProblem(text: string): string | undefined {
  if (/@ts-(?:ignore|nocheck)/.test(text)) {
    return 'mend the type; where a library is wrong, use @ts-expect-error with the reason';
  }
  const expected = /@ts-expect-error(.*)/s.exec(text)?.[1];
  if (expected !== undefined && expected.trim().length < REASON_LENGTH_MIN) {
    return 'say after @ts-expect-error why the compiler is wrong here';
  }
  const ignored = /biome-ignore(?:-all|-start)?\s+[\w/]+(.*)/s.exec(text)?.[1];
  if (ignored !== undefined && ignored.replace(':', '').trim().length < REASON_LENGTH_MIN) {
    return 'say after biome-ignore why the rule does not hold here';
  }
  return undefined;
}

function checkAny(source: SourceFile): readonly Finding[] {
  const explained = new Set(
    source.comments
      .filter((comment) => comment.text.includes('biome-ignore'))
      .map((comment) => comment.line + 1),
  );
  return source.nodes
    .filter((node) => node.type === 'TSAnyKeyword' && !explained.has(source.lineOf(node.start)))
    .map((node) => ({
      file: source.path,
      line: source.lineOf(node.start),
      rule: 'escape-hatch',
      message: 'use unknown and narrow it, or the type itself',
    }));
}
