// Where the numbers of a chart stand, and which of them are written along its sides.

import { scaleLinear, scaleLog } from "d3-scale";
import type { Line } from "../figure";
import { plain } from "../numbers";

/** A rank is on a log scale with 1, the best, at the top. */
export type Kind = "linear" | "log" | "rank";

interface Drawn {
  at: number[];
  lines: Line[];
  x: Kind;
  y: Kind;
  references?: [number, string][];
  domain?: [number, number];
}

interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

type Tick = [number, string];
const HUGE = 1.7e308; // infinity, as JSON has it
const ROOM = 70; // pixels between ticks of the level
const MOST = 8; // ticks of the level
const SLIGHT = 0.02; // of the largest: what dips below 0 by less needs no scale below it

export interface Scales {
  x: (value: number) => number;
  y: (value: number | null) => number | null;
  xTicks: Tick[];
  yTicks: Tick[];
}

export function scalesOf(drawn: Drawn, frame: Frame): Scales {
  const heights = drawn.lines.flatMap(({ values, low, high }) => [...values, ...low, ...high]);
  const known = [...heights, ...(drawn.references ?? []).map(([value]) => value)].filter((v): v is number => v !== null && Math.abs(v) < HUGE);
  const { x, xTicks } = across(drawn, frame);
  if (drawn.y === "rank") {
    const scale = scaleLog([1, Math.max(10, ...known)], [frame.top, frame.bottom]);
    const powers = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((value) => value <= scale.domain()[1]!);
    return { x, xTicks, y: (value) => (value === null ? null : scale(Math.max(1, value))), yTicks: powers.map((v) => [v, v.toLocaleString("en")]) };
  }
  const [least, most] = drawn.domain ?? endsOf(known);
  const scale = scaleLinear([least, most], [frame.bottom, frame.top]).nice(4);
  const [low, high] = scale.domain() as [number, number];
  const y = (value: number | null) => (value === null ? null : scale(Math.max(low, Math.min(high, value))));
  const format = scale.tickFormat(4);
  return { x, xTicks, y, yTicks: scale.ticks(4).map((v) => [v, format(v)]) };
}

/** From 0, or below it, to the largest number. */
function endsOf(known: number[]): [number, number] {
  const [least, most] = [Math.min(0, ...known), Math.max(0, ...known)];
  if (least === most) return [0, 1];
  return [-least < SLIGHT * most ? 0 : least, most < -SLIGHT * least ? 0 : most];
}

/** The level: on a log scale 0 stands a step below the least number above it. */
function across({ at, x: kind }: Drawn, { left, right }: Frame): Pick<Scales, "x" | "xTicks"> {
  const ends = [at[0] ?? 0, at.at(-1) ?? 1] as const;
  const range = [left + 8, right - 8] as const;
  const most = Math.max(2, Math.min(MOST, Math.floor((right - left) / ROOM)));
  if (ends[0] === ends[1]) return { x: () => (left + right) / 2, xTicks: [[ends[0], plain(ends[0])]] };
  if (kind !== "log") {
    const scale = scaleLinear(ends, range);
    const whole = at.every(Number.isInteger);
    const format = scale.tickFormat(most);
    return { x: scale, xTicks: scale.ticks(most).filter((v) => !whole || Number.isInteger(v)).map((v) => [v, format(v)]) };
  }
  const least = at.find((value) => value > 0)!;
  const zero = ends[0] === 0;
  const step = zero ? (range[1] - range[0]) / (Math.log10(ends[1] / least) + 1) * 0.6 : 0;
  const scale = scaleLog([least, ends[1]], [range[0] + Math.min(60, step), range[1]]);
  const powers = scale.ticks().filter((v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9);
  const ticks: number[] = [...(zero ? [0] : []), ...(powers.length > 1 ? powers : [least, ends[1]])];
  return { x: (value) => (value > 0 ? scale(value) : range[0]), xTicks: ticks.map((v) => [v, v.toLocaleString("en", { maximumSignificantDigits: 3 })]) };
}

/** Whether a level spans so much that it is read on a log scale: two powers of ten between numbers above 0. */
export function spansPowers(at: number[]): boolean {
  const above = at.filter((value) => value > 0);
  return at.every((value) => value >= 0) && above.length > 2 && Math.max(...above) / Math.min(...above) >= 100;
}

/** Heights moved apart as little as leaves each its room, in their own order. */
export function spread(heights: number[], room: number): number[] {
  const order = heights.map((_, i) => i).sort((i, j) => heights[i]! - heights[j]!);
  const out = [...heights];
  order.forEach((i, n) => {
    if (n > 0) out[i] = Math.max(out[i]!, out[order[n - 1]!]! + room);
  });
  const over = order.length > 1 ? (Math.max(...out) - Math.max(...heights)) / 2 : 0;
  return out.map((height) => height - over);
}
