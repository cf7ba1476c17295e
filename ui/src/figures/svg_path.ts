// Lines and bands of an SVG, broken where there is no number.

/** A line through points; null is a gap. A point alone has a stroke of no length, which a round cap shows. */
export function linePath(points: ([number, number] | null)[]): string {
  return runs(points).map((run) => `M${run.map(at).join("L")}${run.length === 1 ? "Z" : ""}`).join("");
}

/** The area between two heights, from left to right; null is a gap. */
export function bandPath(points: ([x: number, low: number, high: number] | null)[]): string {
  return runs(points)
    .map((run) => `M${[...run.map(([x, , high]) => at([x, high])), ...run.toReversed().map(([x, low]) => at([x, low]))].join("L")}Z`)
    .join("");
}

const at = ([x, y]: readonly number[]): string => `${x!.toFixed(2)},${y!.toFixed(2)}`;

/** Stretches without gaps. */
function runs<P>(points: (P | null)[]): P[][] {
  const found: P[][] = [[]];
  for (const point of points) {
    if (point !== null) found.at(-1)!.push(point);
    else if (found.at(-1)!.length) found.push([]);
  }
  return found.filter((run) => run.length);
}
