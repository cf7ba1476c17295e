// A matrix whose rows or columns are parts of a text: pointing at a cell, or walking to it with the arrow keys, lights
// its row, its column and their parts of the text.

import { useMemo, useRef, useState } from "preact/hooks";
import { hover, togglePin, touches } from "../cursor";
import type { Heatmap, Num, Span } from "../figure";
import { cell, shown } from "../numbers";
import { cssOfValue, limitOf } from "../scale";
import { LargeMatrix } from "./canvas_heatmap";
import { isolated } from "../parts/isolate";
import { Caption } from "../parts/caption";
import { Legend } from "../parts/legend";
import { byKeys, focusOn } from "../parts/roving";
import { showTip } from "../parts/tip";
import { useCursor } from "../parts/use_cursor";
import type { Props } from "./part";

const MOST = 3000; // cells as elements; more are drawn on a canvas
const WIDE = 16; // columns; a wider matrix is turned, so that the text runs down

export interface Side {
  labels: string[];
  spans: Span[];
  title: string;
}

export function MatrixFigure(props: Props<Heatmap>) {
  return props.part.rows.length * props.part.columns.length > MOST ? <LargeMatrix {...props} /> : <SmallMatrix {...props} />;
}

function SmallMatrix({ part, text }: Props<Heatmap>) {
  const { rows, columns, values } = useMemo(() => turned(part), [part]);
  const limit = useMemo(() => limitOf(values.flat()), [values]);
  const [at, setAt] = useState<[number, number] | null>(null);
  const here = useCursor();
  const table = useRef<HTMLTableElement>(null);
  const stop = useRef<HTMLElement | null>(null);
  const place = (i: number, j: number) => {
    const span = columns.spans[j] ?? rows.spans[i];
    return span ? { text, start: span[0], end: span[1] } : null;
  };
  const says = (i: number, j: number) => inWords(rows, columns, i, j, shown(values[i]![j]!, part.signed));
  const found = (event: Event): [HTMLElement, number, number] | null => {
    const element = (event.target as Element).closest<HTMLElement>("td[data-at]");
    if (!element) return null;
    const [i, j] = element.dataset.at!.split(" ").map(Number);
    return [element, i!, j!];
  };
  const point = (event: Event) => {
    const at = found(event);
    if (!at) return;
    const [element, i, j] = at;
    if (!(event instanceof FocusEvent) || byKeys(event)) setAt([i, j]), hover(place(i, j));
    showTip(says(i, j), element);
  };
  const leave = () => (setAt(null), hover(null), showTip(null));
  const walk = (event: KeyboardEvent) => {
    const at = found(event);
    if (!at) return;
    const [, i, j] = at;
    if (event.key === "Enter" || event.key === " ") togglePin(place(i, j));
    else {
      const to = MOVES[event.key]?.(i, j, rows.labels.length - 1, columns.labels.length - 1);
      const element = to && table.current!.querySelector<HTMLElement>(`td[data-at="${to[0]} ${to[1]}"]`);
      if (!element) return;
      focusOn(element, stop.current ?? table.current!.querySelector<HTMLElement>("td[tabindex='0']"));
      stop.current = element;
    }
    event.preventDefault();
  };
  const keep = (event: Event) => {
    const at = found(event);
    if (at && place(at[1], at[2])) togglePin(place(at[1], at[2]));
  };
  const along = (side: Side, i: number) => (touches(here, text, side.spans[i]) ? "lit" : undefined);
  return (
    <>
      <Caption words={part.caption} />
      <div class="scroll">
        <table ref={table} class="matrix" role="grid" aria-label={part.caption || "matrix"} onPointerOver={point} onPointerLeave={leave} onFocusIn={point} onFocusOut={leave} onKeyDown={walk} onClick={keep}>
          <thead>
            <tr>
              <td class="corner">{rows.title} ╲ {columns.title}</td>
              {columns.labels.map((name, j) => <th key={j} scope="col" class={at?.[1] === j ? "lit" : along(columns, j)}><bdi dir="auto">{name}</bdi></th>)}
            </tr>
          </thead>
          <tbody>
            {values.map((row, i) => (
              <tr key={i}>
                <th scope="row" class={at?.[0] === i ? "lit" : along(rows, i)}><bdi dir="auto">{rows.labels[i]}</bdi></th>
                {row.map((value, j) => (
                  <td key={j} data-at={`${i} ${j}`} tabIndex={i + j === 0 ? 0 : -1} aria-label={says(i, j)} class={`${cssOfValue(value, limit)}${at && (at[0] === i || at[1] === j) ? " follow" : ""}`}>
                    {cell(value, limit, part.signed)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Legend limit={limit} signed={part.signed} units={part.units} unknown={values.some((row) => row.includes(null))} />
    </>
  );
}

/** A cell in words. */
export const inWords = (rows: Side, columns: Side, i: number, j: number, number: string): string =>
  `${isolated(rows.labels[i]!)} × ${isolated(columns.labels[j]!)}: ${number}`;

type Move = (i: number, j: number, down: number, across: number) => [number, number];
const MOVES: { [key: string]: Move } = {
  ArrowUp: (i, j) => [Math.max(0, i - 1), j],
  ArrowDown: (i, j, down) => [Math.min(down, i + 1), j],
  ArrowLeft: (i, j) => [i, Math.max(0, j - 1)],
  ArrowRight: (i, j, _, across) => [i, Math.min(across, j + 1)],
  Home: (i) => [i, 0],
  End: (i, _j, _, across) => [i, across],
};

/** The sides and numbers of a matrix, the longer side down if it is wide. */
export function turned(part: Heatmap): { rows: Side; columns: Side; values: Num[][] } {
  const rows = { labels: part.rows, spans: part.row_spans, title: part.row_title };
  const columns = { labels: part.columns, spans: part.column_spans, title: part.column_title };
  if (part.columns.length <= WIDE || part.columns.length <= part.rows.length) return { rows, columns, values: part.values };
  return { rows: columns, columns: rows, values: part.columns.map((_, j) => part.values.map((row) => row[j] ?? null)) };
}
