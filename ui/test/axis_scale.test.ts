// Round numbers along a side, and lines that are broken where there is no number.

import { describe, expect, test } from "vitest";
import { linear, logarithmic, named, powers, rounded, ticks } from "../src/figures/axis_scale";
import { bandPath, linePath } from "../src/figures/svg_path";

describe("a scale", () => {
  test("puts the ends at the ends and the middle in the middle", () => {
    expect([0, 5, 10].map(linear([0, 10], [100, 0]))).toEqual([100, 50, 0]);
    expect([1, 10, 100].map(logarithmic([1, 100], [0, 200])).map(Math.round)).toEqual([0, 100, 200]);
  });
  test.each([
    [[0, 1], 4, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[0, 10], 4, [0, 2, 4, 6, 8, 10]],
    [[-0.5, 1.2], 4, [-0.5, 0, 0.5, 1]],
    [[0, 6], 8, [0, 1, 2, 3, 4, 5, 6]],
    [[0.0001, 0.0003], 3, [0.0001, 0.00015, 0.0002, 0.00025, 0.0003]],
    [[0, 3628], 5, [0, 1000, 2000, 3000]],
  ] as [[number, number], number, number[]][])("%j has about %i round numbers", (ends, count, expected) => {
    expect(ticks(ends, count)).toEqual(expected);
  });
  test("is moved out to round numbers that hold its ends", () => {
    for (const ends of [[0, 0.97], [-0.31, 1.16], [3, 1234], [0, 1e-7]] as [number, number][]) {
      const [low, high] = rounded(ends, 4);
      expect(low).toBeLessThanOrEqual(ends[0]);
      expect(high).toBeGreaterThanOrEqual(ends[1]);
      expect(ticks([low, high], 4)[0]).toBeCloseTo(low, 12);
      expect(high - low).toBeLessThan(2 * (ends[1] - ends[0]));
    }
  });
  test("is written with as many decimals as it takes to tell its numbers apart", () => {
    expect(named([0, 0.05, 0.1]).map(([, name]) => name)).toEqual(["0.00", "0.05", "0.10"]);
    expect(named([0, 0.2]).map(([, name]) => name)).toEqual(["0.0", "0.2"]);
    expect(named([0, 500, 1000]).map(([, name]) => name)).toEqual(["0", "500", "1,000"]);
    expect(named([3]).map(([, name]) => name)).toEqual(["3"]);
  });
  test("has its powers of ten", () => {
    expect(powers([1, 5000])).toEqual([1, 10, 100, 1000]);
    expect(powers([0.02, 1])).toEqual([0.1, 1]);
    expect(powers([2, 9])).toEqual([]);
  });
});

test("a line is broken where there is no number, and a point alone is a dot", () => {
  expect(linePath([[0, 1], [2, 3], null, [4, 5]])).toBe("M0.00,1.00L2.00,3.00M4.00,5.00Z");
  expect(linePath([null])).toBe("");
  expect(bandPath([[0, 1, 2], [3, 4, 5]])).toBe("M0.00,2.00L3.00,5.00L3.00,4.00L0.00,1.00Z");
});
