// The places of the slider of a graph.

import { expect, test } from "vitest";
import type { Flow } from "../src/figure";
import { firstLevel, levelsOf, MOST } from "../src/figures/flow_levels";

const graph = (...values: number[]): Flow => ({ edges: values.map((value) => [0, 1, value]) }) as unknown as Flow;
const falling = (count: number) => graph(...Array.from({ length: count }, (_, i) => (count - i) * (i % 2 ? -1 : 1)));

test("every place draws more than the one before, and names the weakest edge that it draws", () => {
  const part = falling(4000);
  const levels = levelsOf(part);
  expect(levels[0]!.count).toBe(1);
  expect(levels.at(-1)!.count).toBe(MOST);
  levels.forEach(({ count, least }, i) => {
    if (i) expect(count).toBeGreaterThan(levels[i - 1]!.count);
    expect(part.edges.slice(0, count).every((edge) => Math.abs(edge[2]) >= least)).toBe(true);
    expect(part.edges.slice(count).every((edge) => Math.abs(edge[2]) < least)).toBe(true);
  });
});

test("equal edges come together, and those of 0 not at all", () => {
  expect(levelsOf(graph(2, 1, -1, 1, 1, 0, 0))).toEqual([{ count: 1, least: 2 }, { count: 5, least: 1 }]);
  expect(levelsOf(graph(0, 0))).toEqual([]);
  expect(levelsOf(graph())).toEqual([]);
  expect(levelsOf(graph(3))).toEqual([{ count: 1, least: 3 }]);
});

test("a circuit is seen whole at first, of a model the strongest edges", () => {
  const circuit = levelsOf(falling(16));
  expect(circuit[firstLevel(circuit)]!.count).toBe(16);
  const model = levelsOf(falling(4000));
  expect(model[firstLevel(model)]!.count).toBeGreaterThan(20);
  expect(model[firstLevel(model)]!.count).toBeLessThanOrEqual(30);
});
