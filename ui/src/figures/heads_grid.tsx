// Every head as a thumbnail, layers down and heads across: one stop for Tab, arrows to walk, Enter to open.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Heads } from "../figure";
import { NO_CODE } from "../packed";
import { focusOn } from "../parts/roving";
import { showTip } from "../parts/tip";
import { colourAt, MISSING, useColours, type Colours } from "./canvas_colours";
import { moved } from "./canvas_geometry";
import { draw } from "./canvas_image";
import { doesOf, MEAN, nameOf, type Chosen } from "./heads_words";

interface Grid {
  part: Heads;
  overview: Int8Array | null;
  chosen: Chosen;
  choose: (head: Chosen) => void;
  limitOf: (head: Chosen) => number;
  /** Pixels that there are for the whole figure. */
  room: number;
}

const BESIDE = 372; // pixels of a row that stands beside the one head
const FEW = 12; // heads of such a row; of more, the grid stands above it
const EDGES = 58; // pixels of a row's label and of room at its ends

export function HeadGrid({ part, overview, chosen, choose, limitOf, room }: Grid) {
  const root = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState<Chosen | null>(null);
  const colours = useColours(root);
  const single = part.heads.length === 1; // layers then stand across, to save height
  const rows: Chosen[][] = single
    ? [part.layers.map((_, layer) => [layer, 0])]
    : part.layers.map((_, layer) => [...part.heads.map((_, head): Chosen => [layer, head]), [layer, MEAN] as Chosen]);
  const across = rows[0]!.length;
  const side = Math.max(20, Math.min(56, Math.floor(Math.min(across <= FEW + 1 ? BESIDE : room, room - EDGES) / across) - 3));

  useEffect(() => {
    if (!overview || !colours) return;
    for (const canvas of root.current!.querySelectorAll<HTMLCanvasElement>("canvas")) {
      const [layer, head] = canvas.dataset.of!.split(" ").map(Number) as Chosen;
      thumbnail(canvas, part, overview, [layer, head], limitOf([layer, head]), colours);
    }
  });
  useEffect(() => {
    root.current!.dataset.painted = overview && colours ? "yes" : "no";
  }, [overview, colours]);

  const found = (event: Event): [HTMLElement, Chosen] | null => {
    const element = (event.target as Element).closest<HTMLElement>("[data-head]");
    return element && [element, element.dataset.head!.split(" ").map(Number) as Chosen];
  };
  const point = (event: Event) => {
    const here = found(event);
    showTip(here && [nameOf(part, here[1]), ...doesOf(part, here[1])].join("\n"), here?.[0]);
  };
  const walk = (event: KeyboardEvent) => {
    const here = found(event);
    if (!here) return;
    const head = here[1];
    if (event.key === "Enter" || event.key === " ") choose(head);
    else {
      const i = rows.findIndex((row) => row.some((h) => same(h, head)));
      const to = moved(event.key, [i, rows[i]!.findIndex((h) => same(h, head))], [rows.length - 1, across - 1]);
      if (!to) return;
      focusOn(root.current!.querySelector<HTMLElement>(`[data-head="${rows[to[0]]![to[1]]!.join(" ")}"]`)!, null);
    }
    event.preventDefault();
  };
  return (
    <div
      ref={root}
      class="head-grid"
      role="grid"
      aria-label="All heads, layers down. Enter opens one."
      style={{ "--side": `${side}px` }}
      onPointerOver={point}
      onPointerLeave={() => showTip(null)}
      onFocusIn={(event) => (setStop(found(event)?.[1] ?? null), point(event))}
      onFocusOut={() => showTip(null)}
      onKeyDown={walk}
      onClick={(event) => {
        const here = found(event);
        if (here) choose(here[1]);
      }}
    >
      <div role="row">
        <span role="columnheader" class="corner">layer</span>
        {(single ? part.layers : [...part.heads, "mean"]).map((name, i) => <span key={i} role="columnheader">{name}</span>)}
      </div>
      {rows.map((row, i) => (
        <div key={i} role="row">
          <span role="rowheader">{single ? "" : part.layers[i]}</span>
          {row.map((head, j) => (
            <div
              key={j}
              role="gridcell"
              data-head={head.join(" ")}
              tabIndex={same(head, stop ?? chosen) ? 0 : -1}
              aria-selected={same(head, chosen)}
              aria-label={[nameOf(part, head), ...doesOf(part, head)].join(", ")}
            >
              {head[1] === MEAN ? <i aria-hidden="true">x̄</i> : <canvas data-of={head.join(" ")} width={part.values.overview.columns} height={part.values.overview.rows} />}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

const same = (one: Chosen, other: Chosen): boolean => one[0] === other[0] && one[1] === other[1];

function thumbnail(canvas: HTMLCanvasElement, part: Heads, codes: Int8Array, [layer, head]: Chosen, limit: number, colours: Colours): void {
  const { shape, limits, overview } = part.values;
  const unit = limits[layer]![head]! / overview.levels;
  const size = overview.rows * overview.columns;
  const from = (layer * shape[1] + head) * size;
  const pixels = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const code = codes[from + i]!;
    pixels[i] = colours.pixel[code === NO_CODE ? MISSING : colourAt(code * unit, limit)]!;
  }
  draw(canvas, pixels);
}
