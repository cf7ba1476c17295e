// A table of any length: only the rows on the screen are elements.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface Rows {
  label: string;
  headings: string[];
  right: number[];
  count: number;
  row: (index: number) => string[];
  /** The cells of the heading, where they are more than words. */
  head?: ComponentChildren;
}

const HEIGHT = 28; // of a row, pixels: the same for all, so that a place is a number
const VIEW = 420;
const BEYOND = 8; // rows above and below what is seen

export function VirtualRows({ label, headings, right, count, row, head }: Rows) {
  const [top, setTop] = useState(0);
  const seen = Math.min(top, Math.max(0, count * HEIGHT - VIEW)); // rows may have become fewer
  const first = Math.max(0, Math.floor(seen / HEIGHT) - BEYOND);
  const last = Math.min(count, Math.ceil((seen + VIEW) / HEIGHT) + BEYOND);
  const rows = Array.from({ length: last - first }, (_, i) => first + i);
  const css = (column: number) => (right.includes(column) ? "number" : undefined);
  return (
    <div
      class="virtual"
      style={{ maxHeight: `${VIEW}px` }}
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table class="plain-table" aria-rowcount={count + 1}>
        <thead><tr aria-rowindex={1}>{head ?? headings.map((name, i) => <th key={i} scope="col" class={css(i)}>{name}</th>)}</tr></thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true" style={{ height: `${first * HEIGHT}px` }}><td colSpan={headings.length} /></tr>}
          {rows.map((i) => (
            <tr key={i} aria-rowindex={i + 2} style={{ height: `${HEIGHT}px` }}>
              {row(i).map((text, j) => <td key={j} class={css(j)}><bdi dir="auto">{text}</bdi></td>)}
            </tr>
          ))}
          {last < count && <tr aria-hidden="true" style={{ height: `${(count - last) * HEIGHT}px` }}><td colSpan={headings.length} /></tr>}
        </tbody>
      </table>
    </div>
  );
}
