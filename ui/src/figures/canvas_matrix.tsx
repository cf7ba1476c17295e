// A matrix too large for elements, on a canvas: all of it in sight or, near, as a window that scrolls. Pointing at a
// cell, or walking to it with the arrow keys, lights its row, its column and its part of the text.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { hover, togglePin, touches, type Place } from "../cursor";
import type { Span } from "../figure";
import type { Field } from "../packed";
import { showTip } from "../parts/tip";
import { useCursor } from "../parts/use_cursor";
import "./canvas.css";
import { useColours } from "./canvas_colours";
import { canBeNearer, cellAt, geometryOf, moved, TALLEST, type Cell, type Geometry } from "./canvas_geometry";
import { imageOf } from "./canvas_image";
import { inSight, longest, paint } from "./canvas_paint";

interface Side {
  labels: string[];
  spans: Span[];
}

interface Drawn {
  field: Field;
  rows: Side;
  columns: Side;
  text: string;
  limit: number;
  signed: boolean;
  label: string;
  says: (i: number, j: number) => string;
  span: (i: number, j: number) => Span | undefined;
}

const START = { left: 0, top: 0 };

export function CanvasMatrix({ field, rows, columns, text, limit, signed, label, says, span }: Drawn) {
  const root = useRef<HTMLDivElement>(null);
  const window_ = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours(root);
  const here = useCursor();
  const [near, setNear] = useState(false);
  const [width, setWidth] = useState(0);
  const [scrolled, setScrolled] = useState(START);
  const [pointed, setPointed] = useState<Cell | null>(null);
  const [stop, setStop] = useState<Cell>([0, 0]); // where the keys stand
  const [walks, setWalks] = useState(false);

  useEffect(() => {
    const measured = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    measured.observe(root.current!);
    return () => measured.disconnect();
  }, []);
  const long = useMemo<[number, number]>(() => (colours ? [longest(rows.labels, colours.font), longest(columns.labels, colours.font)] : [0, 0]), [rows, columns, colours]);
  const at = useMemo(() => geometryOf(field.rows, field.columns, long, width, near), [field, long, width, near]);
  const total = { width: at.left + field.columns * at.width + 1, height: at.top + field.rows * at.height + 1 };
  const bar = at.whole ? 0 : 12; // a scrollbar's room
  const size = {
    width: Math.min(total.width, width - (total.height > TALLEST ? bar : 0)),
    height: Math.min(total.height, TALLEST - (total.width > width ? bar : 0)),
  };
  const seen = inSight(at, scrolled, size, field);
  const image = useMemo(() => {
    if (!colours || !width) return null;
    const most: [number, number] = [Math.ceil(size.height * devicePixelRatio), Math.ceil(size.width * devicePixelRatio)];
    return imageOf(field, seen.rows, seen.columns, most, limit, colours);
  }, [field, limit, colours, at, width, ...seen.rows, ...seen.columns]);
  const cell = pointed ?? (walks ? stop : null);
  useLayoutEffect(() => {
    if (!image || !colours) return;
    const lit = { rows: touched(rows, text, here), columns: touched(columns, text, here) };
    paint(canvas.current!, { field, at, image, inSight: seen, scrolled, size, labels: { rows: rows.labels, columns: columns.labels }, lit, cell, limit, signed, colours });
  });

  const placeOf = ([i, j]: Cell): Place | null => {
    const found = span(i, j);
    return found ? { text, start: found[0], end: found[1] } : null;
  };
  const show = (to: Cell, scroll: { left: number; top: number }) => {
    hover(placeOf(to));
    showTip(says(...to), boxOf(to, at, scroll, canvas.current!.getBoundingClientRect()));
  };
  const found = (event: MouseEvent): Cell | null => {
    const box = canvas.current!.getBoundingClientRect();
    return cellAt(at, event.clientX - box.left, event.clientY - box.top, scrolled, field.rows, field.columns);
  };
  const point = (event: PointerEvent) => {
    const to = found(event);
    if (to?.[0] === pointed?.[0] && to?.[1] === pointed?.[1]) return;
    setPointed(to);
    if (to) show(to, scrolled);
    else hover(null), showTip(null);
  };
  const leave = () => (setPointed(null), setWalks(false), hover(null), showTip(null));
  const walkTo = (to: Cell) => {
    setStop(to);
    setPointed(null);
    setWalks(true);
    show(to, follow(window_.current!, to, at));
  };
  const walk = (event: KeyboardEvent) => {
    const to = moved(event.key, stop, [field.rows - 1, field.columns - 1]);
    if (to) walkTo(to);
    else if (event.key === "Enter" || event.key === " ") togglePin(placeOf(stop));
    else return;
    event.preventDefault();
  };
  const turn = (nearer: boolean) => {
    setNear(nearer);
    window_.current!.scrollTo(0, 0);
    setScrolled(START);
  };
  return (
    <div ref={root} class="canvas-matrix">
      {canBeNearer(at) && (
        <div class="tools">
          <span class="choice" role="group" aria-label="Size of cells">
            <button type="button" aria-pressed={!near} onClick={() => turn(false)}>whole</button>
            <button type="button" aria-pressed={near} onClick={() => turn(true)}>near</button>
          </span>
        </div>
      )}
      <div ref={window_} class="window" style={{ maxHeight: `${TALLEST}px` }} onScroll={(event) => setScrolled({ left: event.currentTarget.scrollLeft, top: event.currentTarget.scrollTop })}>
        <div style={{ width: `${at.whole ? size.width : total.width}px`, height: `${at.whole ? size.height : total.height}px` }}>
          <canvas
            ref={canvas}
            tabIndex={0}
            role="application"
            aria-roledescription="matrix"
            aria-label={`${label}: ${field.rows} rows, ${field.columns} columns. Arrow keys move from cell to cell.`}
            style={{ width: `${size.width}px`, height: `${size.height}px` }}
            onPointerMove={point}
            onPointerLeave={leave}
            onFocus={(event) => event.currentTarget.matches(":focus-visible") && walkTo(stop)}
            onBlur={leave}
            onKeyDown={walk}
            onClick={(event) => {
              const to = found(event);
              if (!to) return;
              if ((event as unknown as PointerEvent).pointerType === "touch") walkTo(to); // no pointer stays where a finger was
              setStop(to);
              togglePin(placeOf(to));
            }}
          />
        </div>
      </div>
      <p class="readout" aria-live="polite">{walks ? says(...stop) : "\u00a0"}</p>
    </div>
  );
}

function touched(side: Side, text: string, here: Place | null): Set<number> {
  const found = new Set<number>();
  if (here?.text === text) side.spans.forEach((span, i) => touches(here, text, span) && found.add(i));
  return found;
}

/** Where a cell is on the screen. */
function boxOf([i, j]: Cell, at: Geometry, scroll: { left: number; top: number }, canvas: DOMRect): DOMRect {
  return new DOMRect(canvas.left + at.left + j * at.width - scroll.left, canvas.top + at.top + i * at.height - scroll.top, at.width, at.height);
}

/** Scroll so that a cell is in sight; where it is scrolled to then. */
function follow(window_: HTMLElement, [i, j]: Cell, at: Geometry): { left: number; top: number } {
  if (at.whole) return START;
  const along = (now: number, cell: number, size: number, room: number) => Math.min(cell * size, Math.max(now, (cell + 1) * size - room));
  window_.scrollLeft = along(window_.scrollLeft, j, at.width, window_.clientWidth - at.left);
  window_.scrollTop = along(window_.scrollTop, i, at.height, window_.clientHeight - at.top);
  return { left: window_.scrollLeft, top: window_.scrollTop };
}
