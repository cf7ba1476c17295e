// The text whose parts can be taken away: each is a switch, coloured by its credit.

import { Fragment } from "preact";
import { useRef } from "preact/hooks";
import { hover, touches } from "../cursor";
import type { Highlight, Piece } from "../figure";
import { shown } from "../numbers";
import { focusOn, nextIndex } from "../parts/roving";
import { useCursor } from "../parts/use_cursor";
import { cssOfValue, limitOf } from "../scale";

interface Props {
  part: Highlight;
  text: string;
  names: string[];
  removed: number[];
  onToggle: (mark: number) => void;
}

export function BreakText({ part, text, names, removed, onToggle }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const here = useCursor();
  const limit = limitOf(part.marks.value);
  const markOf = (event: Event): HTMLElement | null => (event.target as Element).closest<HTMLElement>("[data-mark]");
  const point = (event: Event) => {
    const mark = markOf(event)?.dataset.mark;
    if (mark) hover({ text, start: part.marks.start[Number(mark)]!, end: part.marks.end[Number(mark)]! });
  };
  const walk = (event: KeyboardEvent) => {
    const element = markOf(event);
    if (!element) return;
    if (event.key === " " || event.key === "Enter") {
      onToggle(Number(element.dataset.mark));
    } else {
      const all = [...root.current!.querySelectorAll<HTMLElement>("[data-mark]")];
      const to = nextIndex(event.key, all.indexOf(element), all.length, getComputedStyle(element.parentElement!).direction === "rtl");
      if (to === null) return;
      focusOn(all[to]!, element);
    }
    event.preventDefault();
  };
  let first = true;
  const piece = ([words, mark]: Piece, key: number) => {
    if (mark < 0) return <span key={key} class="plain">{words}</span>;
    const [, before, body, after] = /^( *)(.*?)( *)$/s.exec(words.trim() ? words : words.replaceAll(" ", "␣"))!;
    const gone = removed.includes(mark);
    const lit = touches(here, text, [part.marks.start[mark]!, part.marks.end[mark]!]);
    const stop = first;
    first = false;
    const value = part.marks.value[mark] ?? null;
    return (
      <Fragment key={key}>
        {before}
        <span
          data-mark={mark}
          role="button"
          tabIndex={stop ? 0 : -1}
          aria-pressed={gone}
          aria-label={`${names[mark]}, ${shown(value, part.signed)}${gone ? ", taken away" : ""}`}
          class={`t ${before ? "l" : ""} ${after ? "r" : ""} ${gone ? "gone" : cssOfValue(value, limit)}${lit ? " lit" : ""}`}
          onClick={() => onToggle(mark)}
        >
          {body}
        </span>
        {after}
      </Fragment>
    );
  };
  return (
    <div ref={root} class="text live break-text" role="group" aria-label="Text, each part a switch that takes it away" onPointerOver={point} onPointerLeave={() => hover(null)} onFocusIn={point} onFocusOut={() => hover(null)} onKeyDown={walk}>
      {part.lines.map((line, i) => <p key={i} dir="auto">{line.map(piece)}</p>)}
    </div>
  );
}
