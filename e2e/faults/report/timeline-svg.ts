/** The run as a picture: faults, each node's state and leadership, committed height and throughput over time. */
import type { RunResult } from '../run.ts';
import type { NodeState, Timeline } from '../timeline.ts';

const MARGIN = { left: 90, right: 160, top: 30 };
const PIXELS_PER_SECOND = 12;
const WIDTH_MIN = 900;
const ROW = 26;
const FAULT_ROW = 16;
const CHART = 120;
/** Width of one bar of the throughput, milliseconds. */
const BUCKET_MS = 1_000;

const STATE_COLOURS: Readonly<Record<NodeState, string>> = {
  up: '#9bd3a0',
  starting: '#d9e8b0',
  down: '#c0504d',
  paused: '#f2b84b',
  unplugged: '#8a7fb8',
  'disk-full': '#a9745b',
};
/** Terms that follow each other look different. */
const TERM_COLOURS = ['#1f4e79', '#2e8b57', '#8b3a62', '#b8860b', '#4b5d67', '#6a3d9a'];

/** One `<svg>` element as text. */
export function drawTimeline({ timeline, history, options }: RunResult): string {
  // Setting the network up is not part of the picture.
  const start = Math.max(0, timeline.disturbed.from - 1_000);
  const seconds = (timeline.duration - start) / 1000;
  const width = Math.max(WIDTH_MIN, seconds * PIXELS_PER_SECOND);
  const x = (at: number): number =>
    MARGIN.left + (Math.max(0, at - start) / (seconds * 1000)) * width;
  const faultRows = placeFaults(timeline);
  const rowCount = Math.max(1, ...faultRows.map(({ row }) => row + 1));
  const nodesTop = MARGIN.top + rowCount * FAULT_ROW + 14;
  const healthTop = nodesTop + options.nodes * ROW + 6;
  const chartTop = healthTop + 22;
  const height = chartTop + CHART + 60;
  const rectangle = (box: Box, title: string): string =>
    `<rect x="${fixed(box.x)}" y="${fixed(box.y)}" width="${fixed(Math.max(0.5, box.width))}" height="${fixed(box.height)}" fill="${box.fill}"><title>${escapeXml(title)}</title></rect>`;
  const span = (from: number, to: number): { x: number; width: number } => ({
    x: x(from),
    width: x(to) - x(from),
  });
  const parts: string[] = [];

  for (const { fault, row } of faultRows) {
    const y = MARGIN.top + row * FAULT_ROW;
    const title = `${fault.description}, ${fixed((fault.to - fault.from) / 1000)} s`;
    parts.push(
      rectangle(
        { ...span(fault.from, fault.to), y, height: FAULT_ROW - 3, fill: '#d8a9a7' },
        title,
      ),
      text(x(fault.from) + 2, y + 10, fault.description, 9),
    );
  }
  for (let node = 1; node <= options.nodes; node++) {
    const y = nodesTop + (node - 1) * ROW;
    parts.push(text(8, y + 14, `node ${node}`, 11));
    for (const state of timeline.states.filter((one) => one.node === node)) {
      const box = {
        ...span(state.from, state.to),
        y,
        height: 12,
        fill: STATE_COLOURS[state.state],
      };
      parts.push(rectangle(box, `node ${node} ${state.state}`));
    }
    for (const { from, to, term } of leaderships(timeline, node)) {
      const fill = TERM_COLOURS[term % TERM_COLOURS.length] ?? '#1f4e79';
      parts.push(
        rectangle({ ...span(from, to), y: y + 13, height: 6, fill }, `leader of term ${term}`),
        text(x(from) + 1, y + 24, `t${term}`, 7),
      );
    }
  }
  parts.push(text(8, healthTop + 9, 'quorum', 11));
  for (const { from, to } of timeline.healthy) {
    const box = { ...span(from, to), y: healthTop + 2, height: 8, fill: '#5b8fc7' };
    parts.push(rectangle(box, 'enough nodes are healthy'));
  }

  const acknowledged = new Map<number, number>();
  for (const { outcome, completedAt } of history.attempts) {
    if (outcome !== 'ok') continue;
    const bucket = Math.floor(completedAt / BUCKET_MS);
    acknowledged.set(bucket, (acknowledged.get(bucket) ?? 0) + 1);
  }
  const most = Math.max(1, ...acknowledged.values());
  for (const [bucket, count] of acknowledged) {
    const bar = (count / most) * CHART;
    const from = bucket * BUCKET_MS;
    if (from < start) continue;
    const box = { ...span(from, from + BUCKET_MS), y: chartTop + CHART - bar, height: bar };
    parts.push(rectangle({ ...box, fill: '#c9d6e3' }, `${count} transactions acknowledged`));
  }
  const highest = Math.max(1, timeline.heights.at(-1)?.height ?? 1);
  const points = timeline.heights.map(
    (sample) => `${fixed(x(sample.at))},${fixed(chartTop + CHART * (1 - sample.height / highest))}`,
  );
  parts.push(
    `<polyline points="${points.join(' ')}" fill="none" stroke="#1f4e79" stroke-width="1.2"/>`,
    text(8, chartTop + 10, `${most} tx/s`, 10),
    text(8, chartTop + 24, `block ${highest}`, 10),
  );

  const step = seconds > 600 ? 60 : 10;
  for (
    let second = Math.ceil(start / 1000 / step) * step;
    second * 1000 <= timeline.duration;
    second += step
  ) {
    const at = fixed(x(second * 1000));
    parts.push(
      `<line x1="${at}" y1="${MARGIN.top}" x2="${at}" y2="${chartTop + CHART}" stroke="#00000018"/>`,
      text(x(second * 1000) - 8, chartTop + CHART + 14, `${second} s`, 9),
    );
  }
  const legend = Object.entries(STATE_COLOURS).map(([state, fill], position) => {
    const left = MARGIN.left + position * 100;
    const y = chartTop + CHART + 28;
    return `${rectangle({ x: left, y, width: 12, height: 12, fill }, state)}${text(left + 16, y + 10, state, 10)}`;
  });
  parts.push(...legend);
  const title = `${options.nodes} nodes, ${options.crashModel}, seed ${options.seed}`;
  const total = MARGIN.left + width + MARGIN.right;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fixed(total)}" height="${height}" font-family="sans-serif">`,
    '<rect width="100%" height="100%" fill="white"/>',
    text(8, 18, title, 13),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
}

/** Faults that overlap get rows of their own, and each row leaves room for the words. */
function placeFaults(
  timeline: Timeline,
): readonly { readonly fault: Timeline['faults'][number]; readonly row: number }[] {
  const ends: number[] = [];
  const wordsMs = 20_000;
  return timeline.faults
    .toSorted((left, right) => left.from - right.from)
    .map((fault) => {
      const free = ends.findIndex((end) => end <= fault.from);
      const row = free === -1 ? ends.length : free;
      ends[row] = Math.max(fault.to, fault.from + wordsMs);
      return { fault, row };
    });
}

/** When a node said that it leads, joined while the term is the same. */
function leaderships(
  timeline: Timeline,
  node: number,
): readonly { readonly from: number; readonly to: number; readonly term: number }[] {
  const found: { from: number; to: number; term: number }[] = [];
  const longestPause = 2_000;
  for (const sample of timeline.samples) {
    if (sample.node !== node || sample.role !== 'leader') continue;
    const last = found.at(-1);
    if (last?.term === sample.term && sample.at - last.to < longestPause) last.to = sample.at;
    else found.push({ from: sample.at, to: sample.at + 100, term: sample.term });
  }
  return found;
}

function text(x: number, y: number, words: string, size: number): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}">${escapeXml(words)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escapeXml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
