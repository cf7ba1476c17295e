// Where the numbers of a chart stand, and which of them are written along its sides.

import type { Line } from "../figure";
import { plain } from "../numbers";
import { linear, logarithmic, named, powers, rounded, ticks } from "./axis_scale";

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
    const scale = logarithmic([1, Math.max(10, ...known)], [frame.top, frame.bottom]);
    const yTicks: Tick[] = powers(scale.ends).map((v) => [v, v.toLocaleString("en")]);
    return { x, xTicks, y: (value) => (value === null ? null : scale(Math.max(1, value))), yTicks };
  }
  const ends = rounded(drawn.domain ?? endsOf(known), 4);
  const scale = linear(ends, [frame.bottom, frame.top]);
  const y = (value: number | null) => (value === null ? null : scale(Math.max(ends[0], Math.min(ends[1], value))));
  return { x, xTicks, y, yTicks: named(ticks(ends, 4)) };
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
    const whole = at.every(Number.isInteger);
    return { x: linear(ends, range), xTicks: named(ticks(ends, most).filter((v) => !whole || Number.isInteger(v))) };
  }
  const least = at.find((value) => value > 0)!;
  const zero = ends[0] === 0;
  const step = zero ? (range[1] - range[0]) / (Math.log10(ends[1] / least) + 1) * 0.6 : 0;
  const scale = logarithmic([least, ends[1]], [range[0] + Math.min(60, step), range[1]]);
  const tens = powers(scale.ends);
  const written = [...(zero ? [0] : []), ...(tens.length > 1 ? tens : [least, ends[1]])];
  return { x: (value) => (value > 0 ? scale(value) : range[0]), xTicks: written.map((v) => [v, v.toLocaleString("en", { maximumSignificantDigits: 3 })]) };
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
