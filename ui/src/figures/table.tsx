// A table of text; columns of numbers align right. A longer one is sorted by its headings, a long one filtered, and of a
// very long one only the rows on the screen are elements.

import { useMemo, useState } from "preact/hooks";
import type { JSX } from "preact";
import type { Table } from "../figure";
import { Caption } from "../parts/caption";
import { VirtualRows } from "../parts/virtual_rows";
import type { Props } from "./part";
import { rangeScale } from "./ranges";
import "./table.css";
import { matching, sorted, type Order } from "./table_order";

const FEW = 8; // rows that are seen at one glance
const MANY = 50; // rows of which some are looked for
const VERY_MANY = 200;

/** Whether a table can do more in a browser than stand there. */
export const tableDoesMore = ({ rows }: Table): boolean => rows.length >= FEW && (rows.length > VERY_MANY || !hasGroups(rows));

/** Whether rows go on from the row above, with an empty first cell: such rows belong together, in their order. */
const hasGroups = (rows: string[][]): boolean => rows.some((row) => !row[0]);

export function TableFigure({ part }: Props<Table>) {
  const [order, setOrder] = useState<Order | null>(null);
  const [words, setWords] = useState("");
  const [column, setColumn] = useState(-1);
  const free = part.rows.length >= FEW && !hasGroups(part.rows);
  const found = useMemo(() => matching(part.rows, words, column), [part, words, column]);
  const rows = useMemo(() => sorted(found, order, part.right), [found, order]);
  const drawn = useMemo(() => rangesOf(part), [part]);
  const label = part.caption || "table";
  const css = (at: number, text: string) => (part.right.includes(at) ? "number" : text.length < 24 ? "short" : "long");
  const head = part.headings.map((name, i) => (
    <th key={i} scope="col" class={part.right.includes(i) ? "number" : undefined} aria-sort={order?.column === i ? order.direction : undefined}>
      {free && name ? <Heading name={name} order={order?.column === i ? order : null} onClick={() => setOrder(next(order, i, part.right))} /> : name}
    </th>
  ));
  return (
    <>
      <Caption words={part.caption} />
      {free && part.rows.length > MANY && (
        <div class="tools" role="search" aria-label={`Filter ${label}`}>
          <input type="search" placeholder="Filter rows" aria-label="Filter rows" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
          <select aria-label="In which column" value={column} onInput={(event) => setColumn(Number(event.currentTarget.value))}>
            <option value={-1}>any column</option>
            {part.headings.map((name, i) => <option key={i} value={i}>{name || `column ${i + 1}`}</option>)}
          </select>
          <output class="table-count">{rows.length.toLocaleString("en")} of {part.rows.length.toLocaleString("en")} rows</output>
        </div>
      )}
      {part.rows.length > VERY_MANY ? (
        <VirtualRows label={label} headings={part.headings} right={part.right} count={rows.length} row={(i) => rows[i]!} head={head} />
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={label}>
          <table class="plain-table">
            <thead><tr>{head}{drawn && <td />}</tr></thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i} class={row[0] ? undefined : "more"}>
                  {row.map((text, j) => <td key={j} class={css(j, text)}><bdi dir="auto">{text}</bdi></td>)}
                  {drawn && <td class="strip-of-row" aria-hidden="true">{drawn.get(row)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

/** The number of each row, drawn, where rows have one: a row keeps its own when the order changes. */
function rangesOf({ rows, ranges }: Table): Map<string[], JSX.Element> | null {
  if (!ranges.length) return null;
  const draw = rangeScale(ranges);
  return new Map(rows.flatMap((row, i) => (ranges[i] ? [[row, draw(ranges[i])] as const] : [])));
}

const ARROWS = { ascending: "↑", descending: "↓" };

function Heading({ name, order, onClick }: { name: string; order: Order | null; onClick: () => void }) {
  return (
    <button type="button" class="sorts" onClick={onClick}>
      <bdi dir="auto">{name}</bdi><i aria-hidden="true">{order ? ARROWS[order.direction] : "↕"}</i>
    </button>
  );
}

/** The order after one more click: numbers begin with the largest, words with A; the third click is the order as given. */
function next(order: Order | null, column: number, right: number[]): Order | null {
  const first = right.includes(column) ? "descending" : "ascending";
  if (order?.column !== column) return { column, direction: first };
  return order.direction === first ? { column, direction: first === "ascending" ? "descending" : "ascending" } : null;
}
