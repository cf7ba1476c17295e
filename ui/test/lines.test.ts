// Where the numbers of charts, lenses and strands stand.

import { describe, expect, test } from "vitest";
import { columnsIn, leftsOf, textRunsLeft } from "../src/figures/lens_columns";
import { scalesOf, spansPowers, spread } from "../src/figures/line_scale";
import { arcsOf, mostOf } from "../src/figures/strand_arcs";
import type { Lens, Line } from "../src/figure";

const frame = { left: 40, right: 440, top: 20, bottom: 220 };
const line = (...values: (number | null)[]): Line => ({ name: "", values, low: [], high: [] });

describe("the scales of a chart", () => {
  test("a rank of 1 is at the top, each power of ten a step below", () => {
    const { y, yTicks } = scalesOf({ at: [0, 1], lines: [line(1, 1000)], x: "linear", y: "rank" }, frame);
    expect([1, 10, 100, 1000].map(y)).toEqual([20, 20 + 200 / 3, 20 + 400 / 3, 220].map((n) => expect.closeTo(n)));
    expect(yTicks.map(([, name]) => name)).toEqual(["1", "10", "100", "1,000"]);
    expect(y(null)).toBeNull();
  });
  test("the scale has 0, and nothing below it where numbers dip there by rounding alone", () => {
    const { yTicks } = scalesOf({ at: [0, 1], lines: [line(-1e-7, 1)], x: "linear", y: "linear" }, frame);
    expect(yTicks[0]![0]).toBe(0);
    const below = scalesOf({ at: [0, 1], lines: [line(-0.5, 1)], x: "linear", y: "linear" }, frame);
    expect(below.yTicks[0]![0]).toBeLessThanOrEqual(-0.5);
  });
  test("on a log scale 0 stands left of the least number above it", () => {
    const { x, xTicks } = scalesOf({ at: [0, 1, 10, 100], lines: [line(0, 0, 0, 0)], x: "log", y: "linear" }, frame);
    expect(x(0)).toBeLessThan(x(1));
    expect(x(10) - x(1)).toBeCloseTo(x(100) - x(10));
    expect(xTicks.map(([value]) => value)).toEqual([0, 1, 10, 100]);
  });
  test.each([[[]], [[3]], [[null, null]], [[0, 0]], [[1.79e308, 1]]])("%j stands somewhere", (values) => {
    const at = values.map((_, i) => i);
    const { x, y } = scalesOf({ at, lines: [line(...(values as number[]))], x: "linear", y: "linear" }, frame);
    for (const i of at) expect(Number.isFinite(x(i))).toBe(true);
    for (const value of values) expect(value === null || Number.isFinite(y(value))).toBe(true);
  });
  test("levels are on a log scale where they span two powers of ten above 0", () => {
    expect(spansPowers([0, 0.001, 0.01, 1])).toBe(true);
    expect(spansPowers([1, 10, 99])).toBe(false);
    expect(spansPowers([-1, 1, 10, 1000])).toBe(false);
    expect(spansPowers([1, 1000])).toBe(false);
  });
});

test("names that would cover each other are moved apart, in their order", () => {
  const apart = spread([50, 52, 100, 51], 14);
  const sorted = [apart[0]!, apart[3]!, apart[1]!, apart[2]!];
  for (let i = 1; i < 4; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThanOrEqual(14 - 1e-9);
  expect(spread([10, 90], 14)).toEqual([10, 90]);
});

describe("the columns of a lens", () => {
  const lens = (labels: string[]): Lens => ({ positions: { labels, spans: [] }, tokens: [labels.map((word) => [word])] }) as unknown as Lens;
  test("are as wide as their words, Chinese ones more", () => {
    const [, one, two, three] = leftsOf(lens(["a", "aaaaaaaa", "东京东京东京"]));
    expect(two! - one!).toBeGreaterThan(one!);
    expect(three! - two!).toBeGreaterThan(two! - one!);
  });
  test("are all there, or those that are seen and some beyond", () => {
    const few = Array.from({ length: 201 }, (_, i) => 40 * i);
    expect(columnsIn(few, 3, 0, 800)).toEqual([0, 200]);
    expect(columnsIn(few, 81, 0, 800)[1]).toBeLessThan(60);
    const many = Array.from({ length: 2001 }, (_, i) => 40 * i);
    for (const from of [0, 5000, 40_000, 79_200]) {
      const [first, last] = columnsIn(many, 3, from, 800);
      expect(40 * first).toBeLessThanOrEqual(from);
      expect(40 * last).toBeGreaterThanOrEqual(Math.min(80_000, from + 800));
      expect(last - first).toBeLessThan(80);
    }
  });
  test("run as the text does, by its first letter", () => {
    expect(textRunsLeft("1984 ירושלים")).toBe(true);
    expect(textRunsLeft("في عام Paris")).toBe(true);
    expect(textRunsLeft("Paris في")).toBe(false);
    expect(textRunsLeft("")).toBe(false);
  });
});

describe("the arcs of a strand", () => {
  const links: [number, number, number][] = Array.from({ length: 40 }, (_, i) => [i % 3, 3, i - 20]);
  test("are the strongest, or all of one step", () => {
    const strongest = mostOf(links, null);
    expect(strongest.length).toBe(24);
    expect(Math.min(...strongest.map(([, , v]) => Math.abs(v)))).toBe(8);
    expect(mostOf(links, 0).length).toBe(14);
    expect(mostOf(links, 9)).toEqual([]);
  });
  test("are thicker the stronger they are, and swing wider the farther they go", () => {
    const [near, far] = arcsOf([[0, 1, 1], [0, 2, -2]], [10, 50, 90]);
    expect(far!.width).toBeGreaterThan(near!.width);
    const swing = (path: string) => Number(/C(-?[\d.]+),/.exec(path)![1]);
    expect(swing(far!.path)).toBeLessThan(swing(near!.path));
  });
});
