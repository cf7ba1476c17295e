// How many edges are drawn: from the strongest alone to as many as a page draws quickly. Python sends them strongest first.

import type { Flow } from "../figure";

export const MOST = 600; // edges that are drawn at once
const STEPS = 60;
const AT_FIRST = 30;

export interface Level {
  /** Edges that are drawn. */
  count: number;
  /** The size of the weakest of them. */
  least: number;
}

/** Every place of the slider, the fewest edges first. Edges of equal size come together; those of 0 carry nothing. */
export function levelsOf({ edges }: Flow): Level[] {
  const sizes = edges.map((edge) => Math.abs(edge[2]));
  const some = sizes.findIndex((size) => size === 0);
  const most = Math.min(MOST, some < 0 ? sizes.length : some);
  const levels: Level[] = [];
  for (let step = 0; step < STEPS && most > 0; step++) {
    let count = Math.round(most ** (step / (STEPS - 1)));
    while (count < most && sizes[count] === sizes[count - 1]) count++;
    if (levels.at(-1)?.count !== count) levels.push({ count, least: sizes[count - 1]! });
  }
  return levels;
}

/** Where the slider stands at first: all edges of a circuit, the strongest of a model. */
export function firstLevel(levels: Level[]): number {
  const within = levels.findLastIndex((level) => level.count <= AT_FIRST);
  return levels.length && levels.at(-1)!.count <= 1.5 * AT_FIRST ? levels.length - 1 : Math.max(0, within);
}
