// What a score comes to, in words: the numbers of view/parts/scores.py, said as briefly as they can be.

import type { Gauge, Num } from "../figure";
import { plain } from "../numbers";

export type State = "pass" | "weak" | "fail" | "none";

export const SIGNS: { [S in State]: string } = { pass: "✓", weak: "~", fail: "✗", none: "–" };
const STATES: { [verdict: string]: State } = { pass: "pass", weak: "weak", fail: "fail" };
const ALONE = 0.05; // the chance at which one test alone counts as better than a control: core/verdict.py
const HUGE = 1.7e308;

/** How a test ended, and beside it the chance of as good a number under each control. */
export function judged(gauge: Gauge): { state: State; words: string; beside: string[] } {
  if (gauge.value === null) return { state: "none", words: `does not apply: ${gauge.reason}`, beside: [] };
  if (!gauge.controls.length) return { state: "none", words: "not compared with chance", beside: [] };
  const state = STATES[gauge.verdict] ?? "none";
  const beside = gauge.controls.map(([name, mean, , , p]) => `${rankings(name)}: ${measured(gauge, mean)} on average, p\u00a0=\u00a0${chance(p)}`);
  if (state === "pass") return { state, words: "beats chance", beside };
  if (state === "weak") {
    const won = gauge.controls.filter(([, , , , p]) => p !== null && p <= ALONE).map(([name]) => rankings(name));
    return { state, words: `beats ${won.join(", ") || "one control"} only`, beside };
  }
  return { state, words: state === "fail" ? "not clearly better than chance" : "not judged", beside };
}

/** What the draws of a control are. */
export const rankings = (control: string): string => (control === "random ranking" ? "random rankings" : control);

/** A number of a metric: between -1 and 1 a share, with fixed decimals; else three digits that count. */
export function measured({ bounds }: Gauge, value: Num): string {
  if (value === null || Math.max(...bounds.map(Math.abs)) > 1) return plain(value);
  const text = value.toFixed(2);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

export const chance = (p: Num): string => (p === null ? "?" : String(Number(p.toPrecision(2))));

/** The two ends of the scale that scores of one metric are drawn on: the metric's own, but not below 0 for nothing, or as far as its numbers reach. */
export function scaleOf(gauges: Gauge[]): [number, number] {
  const numbers = gauges.flatMap(({ value, interval, controls }) => [value, ...(interval ?? []), ...controls.flatMap(([, mean, low, high]) => [mean, low, high])]);
  const known = numbers.filter((n): n is number => n !== null && Math.abs(n) < HUGE);
  const [first, last] = [Math.min(...known), Math.max(...known)];
  const room = (last - first || Math.abs(last) || 1) * 0.12;
  const [low, high] = gauges[0]!.bounds;
  const bounded = (bound: number | null): bound is number => bound !== null && Math.abs(bound) < HUGE;
  return [bounded(low) ? (first >= 0 ? Math.max(low, 0) : low) : first - room, bounded(high) ? high : last + room];
}
