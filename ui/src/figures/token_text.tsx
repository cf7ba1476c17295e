// The text token by token. Thousands of tokens are plain elements: what is lit is changed on them directly, and
// blocks that are off the screen are laid out only when they come near it.

import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { hover, listen, pin, togglePin, type Place } from "../cursor";
import type { Piece } from "../figure";
import { cssOfValue } from "../scale";
import { byKeys, focusOn, nextIndex } from "../parts/roving";
import { showTip } from "../parts/tip";
import { marksIn, says, type Marked } from "./marks";

const BLOCK = 160; // pieces in a block that is laid out at once

export function TokenText(drawn: Marked & { blanks: boolean; hidden: boolean }) {
  const { part, text, blanks, hidden } = drawn;
  const root = useRef<HTMLDivElement>(null);
  const stop = useRef<HTMLElement | null>(null);
  const blocks = useMemo(() => blocksOf(part.lines), [part]);
  const lines = useMemo(
    () => blocks.map((line, i) => <p key={i} dir="auto">{line.map((piece, j) => <Token key={j} piece={piece} line={line} at={j} drawn={drawn} />)}</p>),
    [blocks, drawn.limit, text],
  );
  useLayoutEffect(() => {
    stop.current = root.current!.querySelector<HTMLElement>("[data-mark]");
    if (stop.current) stop.current.tabIndex = 0;
  }, [lines]);
  useEffect(() => lightUp(root.current!, drawn), [lines]);
  useEffect(() => {
    // By then the pointer may be at a token of the text: what was opened is what is pinned.
    if (!hidden && part.sentences && pin()) root.current!.querySelector("[aria-pressed='true']")?.scrollIntoView({ block: "center" });
  }, [hidden]);

  const markOf = (event: Event): HTMLElement | null => (event.target as Element).closest<HTMLElement>("[data-mark]");
  const place = (mark: number) => ({ text, start: part.marks.start[mark]!, end: part.marks.end[mark]! });
  const point = (event: Event) => {
    const element = markOf(event);
    if (!element) return;
    if (!(event instanceof FocusEvent) || byKeys(event)) hover(place(Number(element.dataset.mark)));
    showTip(says(drawn, Number(element.dataset.mark)), element);
  };
  const leave = () => (hover(null), showTip(null));
  const walk = (event: KeyboardEvent) => {
    const element = markOf(event);
    if (!element) return;
    if (event.key === "Enter" || event.key === " ") togglePin(place(Number(element.dataset.mark)));
    else {
      const all = [...root.current!.querySelectorAll<HTMLElement>("[data-mark]")];
      const to = nextIndex(event.key, all.indexOf(element), all.length, getComputedStyle(element.parentElement!).direction === "rtl");
      if (to === null) return;
      focusOn(all[to]!, stop.current);
      stop.current = all[to]!;
    }
    event.preventDefault();
  };
  return (
    <div
      ref={root}
      hidden={hidden}
      class={`text${blanks ? " blanks" : ""}${blocks.length > 8 ? " long" : ""}`}
      role="group"
      aria-label="Text by score"
      onPointerOver={point}
      onPointerLeave={leave}
      onFocusIn={point}
      onFocusOut={leave}
      onKeyDown={walk}
      onClick={(event) => {
        const element = markOf(event);
        if (element) togglePin(place(Number(element.dataset.mark)));
      }}
    >
      {lines}
    </div>
  );
}

function Token({ piece: [shown, mark, which], line, at, drawn }: { piece: Piece; line: Piece[]; at: number; drawn: Marked }) {
  if (mark < 0) return <span class="plain">{shown}</span>;
  const body = shown.replace(/^ +| +$/g, "") || shown;
  const before = shown.slice(0, shown.indexOf(body));
  const after = shown.slice(before.length + body.length);
  // Only at a word's edge has the colour room; inside a word any room would part its letters.
  const opens = before || (line[at - 1]?.[0] ?? " ").endsWith(" ");
  const closes = after || (line[at + 1]?.[0] ?? " ").startsWith(" ");
  const css = `t ${cssOfValue(drawn.part.marks.value[mark] ?? null, drawn.limit)}${opens ? " l" : ""}${closes ? " r" : ""}${which > 1 ? " part" : ""}`;
  // Isolating each token would turn the digits of a number round in Hebrew, and part the joined letters of Arabic.
  return (
    <>
      {before && <i class="blank">{before}</i>}
      <span class={css} data-mark={mark} role="button" tabIndex={-1} aria-pressed="false" aria-label={says(drawn, mark)}>{body}</span>
      {after && <i class="blank">{after}</i>}
    </>
  );
}

/** Keep the elements of what is lit in step with the page's cursor. */
function lightUp(root: HTMLElement, { part, text }: Marked): () => void {
  const elements = new Map<number, HTMLElement[]>();
  for (const element of root.querySelectorAll<HTMLElement>("[data-mark]")) {
    const mark = Number(element.dataset.mark);
    elements.set(mark, [...(elements.get(mark) ?? []), element]);
  }
  const of = (place: Place | null): HTMLElement[] =>
    place?.text === text ? marksIn(part, place.start, place.end).flatMap((mark) => elements.get(mark) ?? []) : [];
  let now: HTMLElement[] = [];
  let pinned: HTMLElement[] = [];
  const mark = (here: Place | null, kept: Place | null) => {
    for (const element of now) element.classList.remove("lit");
    for (const element of pinned) element.setAttribute("aria-pressed", "false");
    now = of(here);
    pinned = of(kept);
    for (const element of now) element.classList.add("lit");
    for (const element of pinned) element.setAttribute("aria-pressed", "true");
  };
  const stop = listen((here) => mark(here, pin()));
  return () => (stop(), mark(null, null));
}

/** Lines cut into blocks of about as many pieces; a cut falls behind the end of a sentence where one is near. */
function blocksOf(lines: Piece[][]): Piece[][] {
  return lines.flatMap((line) => {
    if (line.length <= 2 * BLOCK) return [line];
    const blocks: Piece[][] = [];
    let from = 0;
    for (let i = BLOCK; i < line.length; i++) {
      const ends = /[.!?。！？؟]["'”’)]*\s*$/.test(line[i - 1]![0]);
      if (i - from >= (ends ? BLOCK : 2 * BLOCK)) blocks.push(line.slice(from, (from = i)));
    }
    return [...blocks, line.slice(from)];
  });
}
