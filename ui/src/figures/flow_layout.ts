// Where the parts of a model stand in its graph, and how an edge runs from one to another. No layout library: a part's
// block is its row, from the embedding at the bottom to the logits at the top, and its head is its column.

import type { Flow } from "../figure";

export interface Spot {
  x: number;
  y: number;
  label: string;
  width: number;
}

export interface Layout {
  width: number;
  height: number;
  spots: Spot[];
  rows: { name: string; y: number }[];
  path: (edge: number) => string;
  port: (edge: number) => { x: number; y: number } | null;
}

export const PILL = 20; // height of a part's label
const LEFT = 46; // left of the columns, for the names of the blocks
const RIGHT = 64; // right of them, for edges that go round what stands between
const WIDTH = 624;
const LETTER = 6.7; // pixels
const LONG = 18; // letters of a label
const PORTS: { [letter: string]: number } = { q: -9, k: 0, v: 9 };

/** `room`: pixels across; a graph that cannot be so narrow is wider. */
export function layoutOf({ nodes, edges, ports }: Flow, room: number): Layout {
  const ranks = nodes.map((n) => n.rank);
  const top = Math.max(...ranks, 0);
  const bottom = Math.min(...ranks, 0);
  const lanes = 1 + Math.max(...nodes.map((n) => n.lane), 0);
  const layered = nodes.some((n) => n.name === "embed" || n.name === "logits" || n.rank % 1 !== 0);
  const [left, right] = layered ? [LEFT, RIGHT] : [0, 0];
  const labels = nodes.map((n) => short(n.name));
  // What stands alone in its row, or at its side, may be as long as it is.
  const crowded = labels.filter((_, i) => !layered || /\.h\d+$/.test(nodes[i]!.name));
  const longest = Math.max(...crowded.map((l) => l.length), 2) * LETTER + 12;
  const pitch = Math.max(layered ? 34 : longest + 6, (Math.min(WIDTH, room) - left - right) / lanes);
  const row = layered ? Math.max(46, Math.min(96, 640 / (top - bottom || 1))) : 240;
  const narrow = layered && pitch < longest + 4;
  const spots = nodes.map((n, i) => {
    const label = narrow ? n.name.replace(/^\d+\./, "") : labels[i]!;
    return { x: left + (n.lane + 0.5) * pitch, y: PILL + 10 + (top - n.rank) * row, label, width: label.length * LETTER + 12 };
  });
  const at = (edge: number) => {
    const [from, to] = [spots[edges[edge]![0]]!, spots[edges[edge]![1]]!];
    return { x1: from.x, y1: from.y - PILL / 2, x2: to.x + (PORTS[ports[edge] ?? ""] ?? 0), y2: to.y + PILL / 2 };
  };
  const path = (edge: number): string => {
    const { x1, y1, x2, y2 } = at(edge);
    const rise = Math.max(16, (y1 - y2) * 0.45);
    // Straight up, an edge would run through what stands between: it goes round at the right.
    const bow = Math.abs(x1 - x2) < pitch / 2 && y1 - y2 > row ? Math.min(right + pitch / 3, 22 + (y1 - y2) / 5) : 0;
    return `M${x1} ${y1}C${x1 + bow} ${y1 - rise} ${x2 + bow} ${y2 + rise} ${x2} ${y2}`;
  };
  const port = (edge: number) => (ports[edge] ? { x: at(edge).x2, y: at(edge).y2 + 9 } : null);
  const blocks = layered ? [...new Set(ranks.filter((r) => r >= 0 && r % 1 === 0 && nodes.some((n) => n.rank === r && n.name !== "logits")))] : [];
  return {
    width: left + lanes * pitch + right,
    height: 2 * (PILL + 10) + (top - bottom) * row,
    spots,
    rows: blocks.map((r) => ({ name: String(r), y: PILL + 10 + (top - r) * row })),
    path,
    port,
  };
}

function short(name: string): string {
  const letters = Array.from(name);
  return letters.length > LONG ? `${letters.slice(0, LONG - 1).join("")}…` : name;
}
