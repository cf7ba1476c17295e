// The largest scores as bars, and all of them as a list, linked to the text by the page's cursor.

import { useMemo, useState } from "preact/hooks";
import { hover, touches } from "../cursor";
import { useCursor } from "../parts/use_cursor";
import { VirtualRows } from "../parts/virtual_rows";
import { shown } from "../numbers";
import { order, type Marked } from "./marks";

const MOST = 10;

export function BarList(drawn: Marked) {
  const { part } = drawn;
  const [open, setOpen] = useState(false);
  const ranked = useMemo(() => order(part.marks.value), [part]);
  const largest = ranked.filter((mark) => part.marks.value[mark] !== 0).slice(0, MOST);
  const count = part.marks.value.length;
  return (
    <>
      {largest.length > 0 && (
        <table class="bars">
          <caption>{largest.length < count ? "The largest" : "All"} scores</caption>
          <tbody>{largest.map((mark) => <Bar key={mark} mark={mark} drawn={drawn} />)}</tbody>
        </table>
      )}
      {count > largest.length && (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>All {count.toLocaleString("en")} scores</summary>
          {open && (
            <VirtualRows
              label="All scores"
              headings={["#", "part of the text", part.units || "score"]}
              right={[0, 2]}
              count={count}
              row={(i) => [String(i + 1), drawn.names[i]!, shown(part.marks.value[i] ?? null, part.signed)]}
            />
          )}
        </details>
      )}
    </>
  );
}

function Bar({ mark, drawn: { part, text, limit, names } }: { mark: number; drawn: Marked }) {
  const value = part.marks.value[mark] ?? 0;
  const error = part.marks.error?.[mark];
  const span: [number, number] = [part.marks.start[mark]!, part.marks.end[mark]!];
  const lit = touches(useCursor(), text, span);
  return (
    <tr class={lit ? "lit" : undefined} onPointerEnter={() => hover({ text, start: span[0], end: span[1] })} onPointerLeave={() => hover(null)}>
      <th scope="row"><bdi dir="auto">{names[mark]}</bdi></th>
      <td class="number">{shown(value, part.signed)}{error == null ? "" : ` ± ${shown(error, false)}`}</td>
      <td class="track" aria-hidden="true"><span class={`bar ${value < 0 ? "n" : "p"}`} style={{ width: `${limit ? (100 * Math.abs(value)) / limit : 0}%` }} /></td>
    </tr>
  );
}
