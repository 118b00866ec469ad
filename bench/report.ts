/** How figures are written down: rounded tables for people, everything for programs. */

/** The value below which `fraction` of the sorted samples lie; nearest-rank method. Throws without samples. */
export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.min(Math.max(Math.ceil(fraction * sorted.length), 1), sorted.length);
  const value = sorted[rank - 1];
  if (value === undefined) throw new Error('no samples');
  return value;
}

/** At most three significant digits. */
export function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Columns aligned to the right, but for the first. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** Where progress goes, so that standard output holds the result alone. */
export function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${text}` : `${text}\n`);
}

export interface BenchResult {
  readonly name: string;
  /** How it was measured and what disturbs it. */
  readonly method: readonly string[];
  /** For people. */
  readonly table: string;
  /** For programs; units are in the names. */
  readonly figures: unknown;
}
