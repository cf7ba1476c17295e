// A score in a few words.

import { expect, test } from "vitest";
import type { Gauge } from "../src/figure";
import { judged, scaleOf } from "../src/figures/trust_words";

const RANDOM: Gauge["controls"][number] = ["random ranking", 0.31, 0.02, 0.6, 0.01];
const gauge = (more: Partial<Gauge> = {}): Gauge => ({
  metric: "m", value: 0.91, better: "higher", bounds: [-1, 1], says: "", interval: null, controls: [RANDOM], reason: "", verdict: "pass", of: "", ...more,
});

test("no number stands without what chance has", () => {
  expect(judged(gauge())).toEqual({ state: "pass", words: "beats chance", beside: ["random rankings: 0.31 on average, p\u00a0=\u00a00.01"] });
  expect(judged(gauge({ verdict: "fail" })).words).toBe("not clearly better than chance");
  const matched: Gauge["controls"][number] = ["position-matched", 0.9, 0.8, 0.95, 0.45];
  expect(judged(gauge({ verdict: "weak", controls: [RANDOM, matched] })).words).toBe("beats random rankings only");
  expect(judged(gauge({ controls: [], verdict: "" }))).toMatchObject({ state: "none", words: "not compared with chance" });
  expect(judged(gauge({ value: null, controls: [], reason: "no rationale" })).words).toBe("does not apply: no rationale");
});

test("a scale is the metric's own where it has ends, else as far as its numbers reach", () => {
  const HUGE = Number.MAX_VALUE;
  expect(scaleOf([gauge()])).toEqual([0, 1]);
  expect(scaleOf([gauge({ value: -0.2 })])).toEqual([-1, 1]);
  expect(scaleOf([gauge(), gauge({ value: -0.2 })])).toEqual([-1, 1]);
  const [low, high] = scaleOf([gauge({ bounds: [0, HUGE], value: 123, interval: [100, 150] })]);
  expect(low).toBe(0);
  expect(high).toBeGreaterThan(150);
  const [least, most] = scaleOf([gauge({ bounds: [-HUGE, HUGE], value: 0, controls: [] })]);
  expect(least).toBeLessThan(0);
  expect(most).toBeGreaterThan(0);
});
