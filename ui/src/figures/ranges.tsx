// The numbers of a table on one scale, each row its own: the same as view/in_browser/ranges.py draws without script.

import type { JSX } from "preact";
import type { Range } from "../figure";

/** Draws one range on the scale that holds all. */
export function rangeScale(ranges: (Range | null)[]): (range: Range) => JSX.Element {
  const ends = ranges.flatMap((r) => (r ? [r.value, r.low ?? r.value, r.high ?? r.value] : []));
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const place = (value: number) => (100 * (value - least)) / (most - least || 1);
  return ({ value, low, high, chance }) => (
    <span class={`range${chance ? " chance" : ""}`}>
      {least < 0 && most > 0 && <i class="zero" style={{ left: `${place(0)}%` }} />}
      <i class="reach" style={{ left: `${place(low ?? value)}%`, width: `${place(high ?? value) - place(low ?? value)}%` }} />
      <i class="dot" style={{ left: `${place(value)}%` }} />
    </span>
  );
}
