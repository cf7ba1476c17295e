// The table of a lens. Of a long text only the columns on the screen are elements; what is lit is changed on them
// directly, so that pointing draws no table again.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { touches, type Place } from "../cursor";
import type { Lens, Num } from "../figure";
import { hover } from "../cursor";
import { byKeys, focusOn } from "../parts/roving";
import { showTip } from "../parts/tip";
import { cssOfValue } from "../scale";
import { columnsIn, leftsOf, textRunsLeft, widthOf } from "./lens_columns";
import { bare, says, type Cell } from "./lens_words";

interface Grid {
  part: Lens;
  text: string;
  probabilities: Num[][];
  here: Place | null;
  cell: Cell;
  pinned: Cell | null;
  /** Where Tab leads first. */
  home: Cell;
  onPoint: (at: Cell | null) => void;
  onPin: (at: Cell) => void;
}

export function LensGrid({ part, text, probabilities, here, cell, pinned, home, onPoint, onPin }: Grid) {
  const box = useRef<HTMLDivElement>(null);
  const stop = useRef<HTMLElement | null>(null);
  const wanted = useRef<Cell | null>(null);
  const lefts = useMemo(() => leftsOf(part), [part]);
  const count = part.positions.labels.length;
  const rtl = useMemo(() => textRunsLeft(text), [text]);
  const [[first, last], setRange] = useState<readonly [number, number]>(() => columnsIn(lefts, part.layers.length, 0, 1000));

  const see = () => {
    const [from, to] = columnsIn(lefts, part.layers.length, Math.abs(box.current!.scrollLeft), box.current!.clientWidth);
    setRange((now) => (now[0] === from && now[1] === to ? now : [from, to]));
  };
  const scrollTo = (j: number) => {
    box.current!.scrollLeft = (rtl ? -1 : 1) * Math.max(0, lefts[j]! - box.current!.clientWidth / 2);
    see();
  };
  const elementAt = ([i, j]: Cell) => box.current!.querySelector<HTMLElement>(`[data-at="${i} ${j}"]`);
  useLayoutEffect(() => scrollTo(home[1]), [lefts]);
  useLayoutEffect(() => {
    if (!stop.current?.isConnected) {
      stop.current = elementAt(home) ?? box.current!.querySelector<HTMLElement>("[data-at]");
      if (stop.current) stop.current.tabIndex = 0;
    }
    if (wanted.current) goTo(wanted.current);
  });
  useLayoutEffect(() => lightUp(box.current!, part, text, here, cell, pinned), [here, cell, pinned, first, last, probabilities]);

  const goTo = (to: Cell) => {
    const element = elementAt(to);
    wanted.current = element ? null : to;
    if (!element) return scrollTo(to[1]);
    focusOn(element, stop.current);
    stop.current = element;
  };
  const point = (event: Event) => {
    const target = event.target as Element;
    const element = target.closest<HTMLElement>("[data-at]");
    const column = target.closest<HTMLElement>("th[data-j]");
    if (element) {
      const at = cellOf(element);
      if (!(event instanceof FocusEvent) || byKeys(event)) onPoint(at);
      showTip(says(part, at).replaceAll("; ", "\n"), element);
    } else if (column) {
      const span = part.positions.spans[Number(column.dataset.j)];
      onPoint(null);
      if (span) hover({ text, start: span[0], end: span[1] });
    }
  };
  const walk = (event: KeyboardEvent) => {
    const element = (event.target as Element).closest<HTMLElement>("[data-at]");
    if (!element) return;
    const at = cellOf(element);
    if (event.key === "Enter" || event.key === " ") onPin(at);
    else {
      const to = MOVES[event.key]?.(at, part.layers.length - 1, count - 1, rtl ? -1 : 1);
      if (!to) return;
      goTo(to);
    }
    event.preventDefault();
  };
  const rows = useMemo(() => {
    const shown = Array.from({ length: last - first }, (_, n) => first + n);
    const before = lefts[first]!;
    const after = lefts[count]! - lefts[last]!;
    const gap = (width: number, key: string) => width > 0 && <td key={key} class="gap" aria-hidden="true" />;
    return (
      <>
        <colgroup>
          <col class="layers" />
          {before > 0 && <col style={{ width: `${before}px` }} />}
          {shown.map((j) => <col key={j} style={{ width: `${widthOf(lefts, j)}px` }} />)}
          {after > 0 && <col style={{ width: `${after}px` }} />}
        </colgroup>
        <thead>
          <tr>
            <td class="corner">layer ╲ text</td>
            {gap(before, "before")}
            {shown.map((j) => <th key={j} scope="col" data-j={j} aria-colindex={j + 2}><bdi dir="auto">{bare(part.positions.labels[j]!)}</bdi></th>)}
            {gap(after, "after")}
          </tr>
        </thead>
        <tbody>
          {part.layers.map((name, i) => (
            <tr key={i} data-i={i}>
              <th scope="row">{name}</th>
              {gap(before, "before")}
              {shown.map((j) => (
                <td key={j} data-at={`${i} ${j}`} data-j={j} tabIndex={-1} aria-colindex={j + 2} aria-label={says(part, [i, j])} class={cssOf(part, probabilities, i, j)}>
                  <bdi dir="auto">{bare(part.tokens[i]![j]![0] ?? "")}</bdi>
                </td>
              ))}
              {gap(after, "after")}
            </tr>
          )).toReversed()}
        </tbody>
      </>
    );
  }, [part, probabilities, first, last]);
  return (
    <div class="scroll lens-scroll" ref={box} onScroll={see} dir={rtl ? "rtl" : "ltr"}>
      <table
        class="lens-grid"
        role="grid"
        aria-label={`${part.caption || "Lens"}, the last layer on top`}
        aria-colcount={count + 1}
        onPointerOver={point}
        onPointerLeave={() => onPoint(null)}
        onFocusIn={point}
        onFocusOut={() => onPoint(null)}
        onKeyDown={walk}
        onClick={(event) => {
          const element = (event.target as Element).closest<HTMLElement>("[data-at]");
          if (element) onPin(cellOf(element));
        }}
      >
        {rows}
      </table>
    </div>
  );
}

function cellOf(element: HTMLElement): Cell {
  const [i, j] = element.dataset.at!.split(" ").map(Number);
  return [i!, j!];
}

/** The colour of a cell; where the likeliest token is an answer that is followed, its outline. */
function cssOf(part: Lens, probabilities: Num[][], i: number, j: number): string {
  const said = part.tracked.findIndex(({ rank }) => rank[i]![j] === 1);
  return `${cssOfValue(probabilities[i]![j] ?? null, 1)}${said < 0 ? "" : ` says s${said}`}`;
}

/** Mark the row and columns of what is lit, until the function returned is called. */
function lightUp(box: HTMLElement, part: Lens, text: string, here: Place | null, cell: Cell, pinned: Cell | null): () => void {
  const marked: [Element, string][] = [];
  const mark = (selector: string, css: string) => box.querySelectorAll(selector).forEach((element) => marked.push([element, css]));
  const columns = new Set(part.positions.spans.flatMap((span, j) => (touches(here, text, span) ? [j] : [])));
  for (const j of columns.add(cell[1])) mark(`th[data-j="${j}"]`, "lit"), mark(`td[data-j="${j}"]`, "follow");
  mark(`tr[data-i="${cell[0]}"] th`, "lit");
  mark(`[data-at="${cell[0]} ${cell[1]}"]`, "now");
  if (pinned) mark(`[data-at="${pinned[0]} ${pinned[1]}"]`, "pinned");
  for (const [element, css] of marked) element.classList.add(css);
  return () => {
    for (const [element, css] of marked) element.classList.remove(css);
  };
}

type Move = (at: Cell, top: number, last: number, forward: number) => Cell;
const within = (value: number, most: number): number => Math.max(0, Math.min(most, value));
const MOVES: { [key: string]: Move } = {
  ArrowUp: ([i, j], top) => [within(i + 1, top), j],
  ArrowDown: ([i, j], top) => [within(i - 1, top), j],
  ArrowLeft: ([i, j], _, last, forward) => [i, within(j - forward, last)],
  ArrowRight: ([i, j], _, last, forward) => [i, within(j + forward, last)],
  Home: ([i]) => [i, 0],
  End: ([i], _, last) => [i, last],
};
