// A table of text; columns of numbers align right.

import { Caption } from "../parts/caption";
import type { Table } from "../figure";
import type { Props } from "./part";

export function TableFigure({ part }: Props<Table>) {
  const right = new Set(part.right);
  const css = (column: number, text: string) => (right.has(column) ? "number" : text.length < 24 ? "short" : "long");
  return (
    <>
      <Caption words={part.caption} />
      <div class="scroll" tabIndex={0} role="region" aria-label={part.caption || "table"}>
        <table class="plain-table">
          <thead>
            <tr>{part.headings.map((name, i) => <th key={i} scope="col" class={right.has(i) ? "number" : undefined}>{name}</th>)}</tr>
          </thead>
          <tbody>
            {part.rows.map((row, i) => (
              <tr key={i} class={row[0] ? undefined : "more"}>
                {row.map((text, j) => <td key={j} class={css(j, text)}><bdi dir="auto">{text}</bdi></td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
