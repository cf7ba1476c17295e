// The arcs between steps: the farther apart, the wider they swing; the stronger, the thicker.

import { limitOf } from "../scale";

type Link = [from: number, to: number, value: number];

export const ARCS = 84; // pixels that arcs may swing
const MOST = 24; // links that are drawn while no step is chosen

interface Arc {
  path: string;
  value: number;
  width: number;
}

/** The links to draw: all of the step that is chosen, else the strongest. */
export function mostOf(links: Link[], chosen: number | null): Link[] {
  if (chosen !== null) return links.filter(([from, to]) => from === chosen || to === chosen);
  return [...links].sort((one, other) => Math.abs(other[2]) - Math.abs(one[2])).slice(0, MOST);
}

/** Arcs from height to height, their ends at the right. */
export function arcsOf(links: Link[], heights: number[]): Arc[] {
  const limit = limitOf(links.map(([, , value]) => value)) || 1;
  const farthest = Math.max(1, ...links.map(([from, to]) => Math.abs(to - from)));
  return links.map(([from, to, value]) => {
    const [above, below] = [heights[from] ?? 0, heights[to] ?? 0];
    const swing = (ARCS - 10) * (0.25 + (0.75 * Math.abs(to - from)) / farthest);
    const x = ARCS - 2;
    return { value, width: 1 + 3.5 * (Math.abs(value) / limit), path: `M${x},${above}C${x - swing * 1.3},${above} ${x - swing * 1.3},${below} ${x},${below}` };
  });
}
